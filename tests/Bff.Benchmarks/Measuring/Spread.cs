namespace Bff.Benchmarks.Measuring;

/// <summary>The median of several values, the least and the most.</summary>
internal sealed record Spread(double Median, double Least, double Most)
{
    /// <returns>Null when there are none.</returns>
    public static Spread? Of(IEnumerable<double?> values)
    {
        var ordered = values.OfType<double>().Order().ToArray();
        if (ordered.Length == 0) { return null; }
        var middle = ordered.Length / 2;
        return new(ordered.Length % 2 == 1 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2, ordered[0], ordered[^1]);
    }
}
