using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Bff.Testing;

/// <summary>Waits on real time for something that will happen; fails loudly when it does not.</summary>
internal static class Eventually
{
    /// <summary>Only a test that fails waits for so long, and a busy machine is no reason to fail.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(3), LongestPause = TimeSpan.FromMilliseconds(100);

    public static Task HappensAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "", TimeSpan? patience = null) =>
        HappensAsync(() => Task.FromResult(condition()), what, patience);

    /// <param name="condition">What will be true.</param>
    /// <param name="what">What it is called when it does not become true.</param>
    /// <param name="patience">How long to wait; <see cref="Deadline"/> when not said.</param>
    public static async Task HappensAsync(Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string what = "", TimeSpan? patience = null)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            var asked = Stopwatch.GetTimestamp();
            if (await condition()) { return; }
            if (Stopwatch.GetElapsedTime(since) > (patience ?? Deadline))
            {
                throw new TimeoutException($"Waited {Stopwatch.GetElapsedTime(since).TotalSeconds:0} s in vain for: {what}");
            }

            // What is costly to ask is asked less often.
            var pause = Stopwatch.GetElapsedTime(asked);
            await Task.Delay(pause < ShortestPause ? ShortestPause : pause > LongestPause ? LongestPause : pause, TimeProvider.System);
        }
    }

    /// <summary>Waits for a moment that was promised, such as an expiry: what runs in other processes has no other clock.</summary>
    public static Task ReachesAsync(DateTimeOffset moment)
    {
        var left = moment - TimeProvider.System.GetUtcNow();
        if (left > Deadline) { throw new TimeoutException($"{moment:O} is too far away."); }
        return left > TimeSpan.Zero ? Task.Delay(left, TimeProvider.System) : Task.CompletedTask;
    }

    /// <summary>Lets other threads go on, where nothing shows that they have: for what must not happen, or between two steps of the clock.</summary>
    public static Task ShortlyAsync() => Task.Delay(ShortestPause, TimeProvider.System);
}
