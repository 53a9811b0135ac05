using System.Diagnostics.Metrics;

namespace Bff;

/// <summary>The series of a counter: one for each combination of its labels' values, and of <c>other</c>.</summary>
internal sealed class CountedCells
{
    private readonly (string Name, string[] Values)[] _labels;
    private readonly long[] _counts;
    private readonly KeyValuePair<string, object?>[][] _tags;
    private readonly bool[] _unexpected;

    /// <param name="common">Labels that are the same for all.</param>
    /// <param name="labels">The others, and the values each can have.</param>
    public CountedCells(KeyValuePair<string, object?>[] common, (string Name, string[] Values)[] labels)
    {
        _labels = [.. labels.Select(label => (label.Name, label.Values.Append(CountedFromZero.Other).Distinct().ToArray()))];
        _counts = new long[_labels.Aggregate(1, (count, label) => count * label.Values.Length)];
        KeyValuePair<string, object?>[][] own = [.. _counts.Select((_, cell) => TagsOf(cell))];
        _unexpected = [.. own.Select(tags => tags.Zip(labels).Any(one => one.First.Value is CountedFromZero.Other
            && !one.Second.Values.Contains(CountedFromZero.Other)))];
        _tags = [.. own.Select(tags => (KeyValuePair<string, object?>[])[.. common, .. tags])];
    }

    /// <param name="count">How many.</param>
    /// <param name="values">One for each label.</param>
    public void Add(long count, ReadOnlySpan<string> values)
    {
        var cell = 0;
        for (var label = 0; label < _labels.Length; label++)
        {
            var known = _labels[label].Values;
            var value = Array.IndexOf(known, values[label]);
            cell = (cell * known.Length) + (value >= 0 ? value : Array.IndexOf(known, CountedFromZero.Other));
        }

        Interlocked.Add(ref _counts[cell], count);
    }

    /// <summary>A mistake of ours is seen when it happens and is no series before.</summary>
    /// <param name="evenAtZero">False for what is all a mistake.</param>
    public IEnumerable<Measurement<long>> Read(bool evenAtZero = true)
    {
        for (var cell = 0; cell < _counts.Length; cell++)
        {
            var count = Interlocked.Read(ref _counts[cell]);
            if (count > 0 || (evenAtZero && !_unexpected[cell])) { yield return new(count, _tags[cell]); }
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
