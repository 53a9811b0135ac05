using System.Collections.Concurrent;

namespace Bff.Ops.Health;

/// <summary>Runs checks that may block their thread, each one at a time, and waits no longer than an orchestrator would.</summary>
internal sealed class StoreProbes(TimeProvider clock)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(900);

    private readonly ConcurrentDictionary<string, Lazy<Task<string?>>> _running = new();

    /// <param name="name">What is checked.</param>
    /// <param name="look">Says what is wrong; null for nothing.</param>
    public async Task<string?> RunAsync(string name, Func<Task<string?>> look)
    {
        try
        {
            return await _running.GetOrAdd(name, _ => new(() => Task.Run(() => LookAsync(name, look)))).Value.WaitAsync(Limit, clock);
        }
        catch (TimeoutException)
        {
            return "The session store does not answer within a second.";
        }
    }

    private async Task<string?> LookAsync(string name, Func<Task<string?>> look)
    {
        try
        {
            return await look();
        }
        finally
        {
            _running.TryRemove(name, out _);
        }
    }
}
