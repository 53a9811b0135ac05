using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Bff;

/// <summary>
/// As <see cref="CountedFromZero"/>, with the labels <c>front_end</c> and <c>provider</c> before its own, whose values a reload may change: a front end that
/// comes has its series, at 0, from the next reading on, and one that goes keeps them until the process ends, since a counter never falls. What is of none
/// that this process has known is <c>other</c> at <c>other</c>.
/// </summary>
internal sealed class CountedByPlace
{
    /// <summary>OpenTelemetry drops what is beyond 2,000 series of one counter; the sign-ins that failed have forty for each place.</summary>
    private const int MaxPlaces = 40;

    private readonly SignInPlaces _places;
    private readonly (string Name, string[] Values)[] _labels;
    private readonly ConcurrentDictionary<(string FrontEnd, string Provider), CountedCells> _known = new();
    private readonly CountedCells _others;

    /// <param name="meter">Whose counter it is.</param>
    /// <param name="places">Those that are configured.</param>
    /// <param name="name">As in OpenTelemetry, with dots.</param>
    /// <param name="unit">In braces, where it counts things.</param>
    /// <param name="description">One sentence.</param>
    /// <param name="labels">The other labels and the values each can have.</param>
    public CountedByPlace(
        Meter meter, SignInPlaces places, string name, string unit, string description, params (string Name, string[] Values)[] labels)
    {
        (_places, _labels) = (places, labels);
        _others = Cells(CountedFromZero.Other, CountedFromZero.Other);
        meter.CreateObservableCounter(name, Read, unit, description);
    }

    /// <param name="frontEnd">What the operator calls it.</param>
    /// <param name="provider">What the operator calls it.</param>
    /// <param name="values">One for each of the other labels.</param>
    public void Add(string frontEnd, string provider, params ReadOnlySpan<string> values)
    {
        if (!_known.TryGetValue((frontEnd, provider), out var cells))
        {
            Learn();
            cells = _known.GetValueOrDefault((frontEnd, provider), _others);
        }

        cells.Add(1, values);
    }

    private IEnumerable<Measurement<long>> Read()
    {
        Learn();
        return _known.Values.SelectMany(cells => cells.Read()).Concat(_others.Read(evenAtZero: false));
    }

    private void Learn()
    {
        foreach (var (frontEnd, provider) in _places.Now)
        {
            if (_known.Count >= MaxPlaces) { return; }
            _known.GetOrAdd((frontEnd, provider), place => Cells(place.FrontEnd, place.Provider));
        }
    }

    private CountedCells Cells(string frontEnd, string provider) => new([new("front_end", frontEnd), new("provider", provider)], _labels);
}
