using System.Collections.Concurrent;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Bff.Ops.Health;

/// <summary>However many probes come at once, store and keys are asked once: probes need no credential, so they may not multiply.</summary>
internal sealed class Probes(HealthCheckService checks)
{
    private readonly ConcurrentDictionary<string, Lazy<Task<HealthReport>>> _running = new();

    /// <param name="tag">Of the checks that count.</param>
    /// <param name="cancellationToken">Ends the wait, not the checks, which others may wait for.</param>
    public Task<HealthReport> ReportAsync(string tag, CancellationToken cancellationToken) =>
        _running.GetOrAdd(tag, _ => new(() => RunAsync(tag))).Value.WaitAsync(cancellationToken);

    private async Task<HealthReport> RunAsync(string tag)
    {
        await Task.Yield();   // in the dictionary before it is taken out of it
        try
        {
            return await checks.CheckHealthAsync(check => check.Tags.Contains(tag), CancellationToken.None);
        }
        finally
        {
            _running.TryRemove(tag, out _);
        }
    }
}
