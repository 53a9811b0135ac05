namespace Bff.Simulation;

/// <summary>Counts durations in steps; what is beyond the last one counts as that.</summary>
internal sealed class Histogram(TimeSpan step, int steps)
{
    private readonly long[] _counts = new long[steps];
    private long _least = long.MaxValue, _most = long.MinValue, _count;

    public long Count => _count;

    public TimeSpan Least => TimeSpan.FromTicks(_count == 0 ? 0 : _least);

    public TimeSpan Most => TimeSpan.FromTicks(_count == 0 ? 0 : _most);

    public void Add(TimeSpan value)
    {
        lock (_counts)
        {
            _count++;
            (_least, _most) = (Math.Min(_least, value.Ticks), Math.Max(_most, value.Ticks));
            _counts[Math.Clamp(value / step is var at ? (int)at : 0, 0, steps - 1)]++;
        }
    }

    /// <param name="other">With the same steps.</param>
    public void Add(Histogram other)
    {
        lock (_counts)
        {
            _count += other._count;
            (_least, _most) = (Math.Min(_least, other._least), Math.Max(_most, other._most));
            for (var at = 0; at < steps; at++) { _counts[at] += other._counts[at]; }
        }
    }

    /// <summary>The duration that <paramref name="part"/> of them do not exceed, but for a step.</summary>
    public TimeSpan At(double part)
    {
        var (left, at) = ((long)(part * _count), 0);
        while (at < steps - 1 && (left -= _counts[at]) >= 0) { at++; }
        return step * at;
    }
}
