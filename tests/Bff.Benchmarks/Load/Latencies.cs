using System.Diagnostics;
using System.Numerics;

namespace Bff.Benchmarks.Load;

/// <summary>Counts of times in classes that are less than 1 % wide. For one writer.</summary>
internal sealed class Latencies
{
    private const int Bits = 7, PerPower = 1 << Bits;

    /// <summary>Counted in tenths of a microsecond; up to 27 minutes.</summary>
    private readonly long[] _counts = new long[PerPower * 28];

    public long Count { get; private set; }

    /// <param name="ticks">Of <see cref="Stopwatch"/>.</param>
    public void Add(long ticks)
    {
        var units = Math.Max(ticks, 0) * 10_000_000 / Stopwatch.Frequency;
        _counts[Math.Min(ClassOf(units), _counts.Length - 1)]++;
        Count++;
    }

    public void Add(Latencies other)
    {
        for (var at = 0; at < _counts.Length; at++) { _counts[at] += other._counts[at]; }
        Count += other.Count;
    }

    /// <summary>In microseconds.</summary>
    public double At(double part)
    {
        var left = (long)Math.Ceiling(Count * part);
        for (var at = 0; at < _counts.Length; at++)
        {
            left -= _counts[at];
            if (left <= 0 && Count > 0) { return MiddleOf(at) / 10.0; }
        }

        return 0;
    }

    private static int ClassOf(long units)
    {
        if (units < PerPower) { return (int)units; }
        var power = BitOperations.Log2((ulong)units) - Bits;
        return (PerPower * power) + (int)(units >> power);
    }

    private static double MiddleOf(int number)
    {
        if (number < 2 * PerPower) { return number; }
        var power = (number / PerPower) - 1;
        return (number - (PerPower * power) + 0.5) * (1L << power);
    }
}
