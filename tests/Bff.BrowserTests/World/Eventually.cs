using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Bff.BrowserTests.World;

/// <summary>Waits on real time for something that will happen; fails loudly when it does not.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public static Task HappensAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        HappensAsync(() => Task.FromResult(condition()), what);

    /// <param name="condition">What will be true.</param>
    /// <param name="what">What it is called when it does not become true.</param>
    /// <param name="patience">How long to wait; <see cref="Deadline"/> when not said.</param>
    public static async Task HappensAsync(Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string what = "", TimeSpan? patience = null)
    {
        var since = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(since) > (patience ?? Deadline))
            {
                throw new TimeoutException($"Waited {Stopwatch.GetElapsedTime(since).TotalSeconds:0} s in vain for: {what}");
            }
            await Task.Delay(Pause, TimeProvider.System);
        }
    }

    /// <summary>Waits for a moment that was promised, such as an expiry.</summary>
    public static Task ReachesAsync(DateTimeOffset moment)
    {
        var left = moment - TimeProvider.System.GetUtcNow();
        left.ShouldBeLessThan(Deadline, $"{moment:O} is too far away");
        return left > TimeSpan.Zero ? Task.Delay(left, TimeProvider.System) : Task.CompletedTask;
    }
}
