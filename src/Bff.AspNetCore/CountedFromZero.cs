using System.Diagnostics.Metrics;

namespace Bff;

/// <summary>
/// A counter that has every value of its labels from the start, at 0: Prometheus' <c>increase()</c> does not see a series that begins with 1, so the first
/// failure would raise no alert. What is not among the values is counted as <c>other</c>, so that no label grows.
/// </summary>
internal sealed class CountedFromZero
{
    public const string Other = "other";

    private readonly CountedCells _cells;

    /// <param name="meter">Whose counter it is.</param>
    /// <param name="name">As in OpenTelemetry, with dots.</param>
    /// <param name="unit">In braces, where it counts things.</param>
    /// <param name="description">One sentence.</param>
    /// <param name="labels">The labels and the values each can have.</param>
    public CountedFromZero(Meter meter, string name, string unit, string description, params (string Name, string[] Values)[] labels)
    {
        _cells = new([], labels);
        meter.CreateObservableCounter(name, () => _cells.Read(), unit, description);
    }

    /// <param name="values">One for each label.</param>
    public void Add(params ReadOnlySpan<string> values) => _cells.Add(1, values);

    /// <inheritdoc cref="Add(ReadOnlySpan{string})"/>
    public void Add(long count, params ReadOnlySpan<string> values) => _cells.Add(count, values);
}
