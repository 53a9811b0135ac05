namespace Bff;

/// <summary>Bounds log lines whose number is a stranger's to decide: so many a minute, and the rest is counted.</summary>
internal sealed class LineBudget(int max, TimeProvider clock)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private long _since = clock.GetTimestamp();
    private int _seen;

    /// <returns>Whether the line may be written, and how many were left out in the minute that is over.</returns>
    public (bool IsWithin, int LeftOut) Take()
    {
        lock (_lock)
        {
            var left = TakeLeftOut();
            return (++_seen <= max, left);
        }
    }

    /// <returns>How many were left out in the minute that is over; 0 while it goes on.</returns>
    public int TakeLeftOut()
    {
        lock (_lock)
        {
            if (clock.GetElapsedTime(_since) < Window) { return 0; }
            var left = Math.Max(0, _seen - max);
            (_since, _seen) = (clock.GetTimestamp(), 0);
            return left;
        }
    }
}
