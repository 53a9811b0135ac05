using System.Diagnostics.Metrics;

namespace Bff;

/// <summary>
/// A counter that has every value of its labels from the start, at 0: Prometheus' <c>increase()</c> does not see a series that begins with 1, so the first
/// failure would raise no alert. What is not among the values is counted as <c>other</c>, so that no label grows.
/// </summary>
internal sealed class CountedFromZero
{
    public const string Other = "other";

    private readonly (string Name, string[] Values)[] _labels;
    private readonly long[] _counts;
    private readonly KeyValuePair<string, object?>[][] _tags;
    private readonly bool[] _unexpected;

    /// <param name="meter">Whose counter it is.</param>
    /// <param name="name">As in OpenTelemetry, with dots.</param>
    /// <param name="unit">In braces, where it counts things.</param>
    /// <param name="description">One sentence.</param>
    /// <param name="labels">The labels and the values each can have.</param>
    public CountedFromZero(Meter meter, string name, string unit, string description, params (string Name, string[] Values)[] labels)
    {
        _labels = [.. labels.Select(label => (label.Name, label.Values.Append(Other).Distinct().ToArray()))];
        _counts = new long[_labels.Aggregate(1, (count, label) => count * label.Values.Length)];
        _tags = [.. _counts.Select((_, cell) => TagsOf(cell))];
        _unexpected = [.. _tags.Select(tags => tags.Zip(labels).Any(one => one.First.Value is Other && !one.Second.Values.Contains(Other)))];
        meter.CreateObservableCounter(name, Read, unit, description);
    }

    /// <param name="values">One for each label.</param>
    public void Add(params ReadOnlySpan<string> values) => Add(1, values);

    /// <inheritdoc cref="Add(ReadOnlySpan{string})"/>
    public void Add(long count, params ReadOnlySpan<string> values)
    {
        var cell = 0;
        for (var label = 0; label < _labels.Length; label++)
        {
            var known = _labels[label].Values;
            var value = Array.IndexOf(known, values[label]);
            cell = (cell * known.Length) + (value >= 0 ? value : Array.IndexOf(known, Other));
        }

        Interlocked.Add(ref _counts[cell], count);
    }

    /// <summary>A mistake of ours is seen when it happens and is no series before.</summary>
    private IEnumerable<Measurement<long>> Read()
    {
        for (var cell = 0; cell < _counts.Length; cell++)
        {
            var count = Interlocked.Read(ref _counts[cell]);
            if (count > 0 || !_unexpected[cell]) { yield return new(count, _tags[cell]); }
        }
    }

    private KeyValuePair<string, object?>[] TagsOf(int cell)
    {
        var tags = new KeyValuePair<string, object?>[_labels.Length];
        for (var label = _labels.Length - 1; label >= 0; label--)
        {
            var values = _labels[label].Values;
            tags[label] = new(_labels[label].Name, values[cell % values.Length]);
            cell /= values.Length;
        }

        return tags;
    }
}
