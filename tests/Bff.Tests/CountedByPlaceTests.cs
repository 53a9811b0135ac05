using System.Diagnostics.Metrics;

namespace Bff.Tests;

public sealed class CountedByPlaceTests : IDisposable
{
    private readonly List<(string FrontEnd, string Provider)> _places = [("default", "default")];
    private readonly Meter _meter = new("Bff.Tests.CountedByPlace");
    private readonly CountedByPlace _counted;

    public CountedByPlaceTests() => _counted = new(
        _meter, new SignInPlaces(() => _places), "things", "{thing}", "Things by place and cause.", ("cause", ["one", "two"]));

    [Fact]
    public void Every_place_is_there_at_zero_before_anything_is_counted() =>
        Read().ShouldBe([("default", "default", "one", 0), ("default", "default", "two", 0)]);

    [Fact]
    public void A_front_end_that_comes_by_reload_is_there_at_zero_and_one_that_goes_keeps_its_count()
    {
        _counted.Add("default", "default", "one");
        _places.Add(("admin", "staff"));
        Read().ShouldContain(("admin", "staff", "two", 0));

        _counted.Add("admin", "staff", "two");
        _places.RemoveAt(1);
        _counted.Add("admin", "staff", "two");
        Read().ShouldContain(("admin", "staff", "two", 2));
    }

    [Fact]
    public void What_is_counted_before_anybody_looks_is_counted_for_its_place()
    {
        _places.Add(("admin", "staff"));
        _counted.Add("admin", "staff", "one");
        Read().ShouldContain(("admin", "staff", "one", 1));
    }

    [Fact]
    public void A_place_that_nobody_has_configured_is_other()
    {
        _counted.Add("gone", "default", "one");
        _counted.Add("default", "gone", "never heard of");
        Read().Where(series => series.FrontEnd == "other").ShouldBe([("other", "other", "one", 1), ("other", "other", "other", 1)]);
    }

    [Fact]
    public void However_many_front_ends_there_are_the_series_stay_few()
    {
        for (var i = 0; i < 1000; i++) { _places.Add(($"front-{i}", "default")); }
        _counted.Add("front-999", "default", "one");
        Read().Select(series => series.FrontEnd).Distinct().Count().ShouldBe(41);
        Read().ShouldContain(("other", "other", "one", 1));
    }

    private List<(string FrontEnd, string Provider, string Cause, long Count)> Read()
    {
        var read = new List<(string, string, string, long)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter == _meter) { listener.EnableMeasurementEvents(instrument); }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            var labels = tags.ToArray().ToDictionary(tag => tag.Key, tag => $"{tag.Value}");
            read.Add((labels["front_end"], labels["provider"], labels["cause"], count));
        });
        listener.Start();
        listener.RecordObservableInstruments();
        return read;
    }

    public void Dispose() => _meter.Dispose();
}
