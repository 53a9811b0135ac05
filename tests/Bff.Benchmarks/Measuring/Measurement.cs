using Bff.Benchmarks.Load;

namespace Bff.Benchmarks.Measuring;

/// <summary>What one contender brought in one scenario, a window a round.</summary>
internal sealed record Measurement(string Contender, IReadOnlyList<LoadResult> Rounds)
{
    public long Failed => Rounds.Sum(round => round.Failed);

    /// <summary>The median over the rounds, and the least and the most.</summary>
    public Spread Of(Func<LoadResult, double?> figure) => Spread.Of(Rounds.Select(figure));

    /// <summary>Compared with another round by round, so that what slows the whole machine for a while slows both.</summary>
    public Spread RatioTo(Measurement other, Func<LoadResult, double?> figure) =>
        Spread.Of(Rounds.Zip(other.Rounds, (ours, theirs) => figure(ours) / figure(theirs)));
}

internal sealed record Spread(double Median, double Least, double Most)
{
    public static Spread Of(IEnumerable<double?> values)
    {
        var ordered = values.OfType<double>().Order().ToArray();
        if (ordered.Length == 0) { return new(double.NaN, double.NaN, double.NaN); }
        var middle = ordered.Length / 2;
        return new(ordered.Length % 2 == 1 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2, ordered[0], ordered[^1]);
    }
}
