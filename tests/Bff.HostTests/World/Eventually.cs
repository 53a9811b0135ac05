using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Bff.HostTests;

/// <summary>Waits on real time for something that will happen; fails loudly when it does not.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(3);

    public static Task HappensAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        HappensAsync(() => Task.FromResult(condition()), what);

    public static async Task HappensAsync(Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var since = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(since) > Deadline) { throw new TimeoutException($"Waited {Deadline.TotalSeconds} s in vain for: {what}"); }
            await ShortlyAsync();
        }
    }

    /// <summary>Lets other threads go on.</summary>
    public static Task ShortlyAsync() => Task.Delay(Pause, TimeProvider.System);
}
