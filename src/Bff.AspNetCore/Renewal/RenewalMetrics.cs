using System.Diagnostics.Metrics;
using Bff.Providers;
using Bff.Providers.Named;
using Bff.Providers.Throttling;
using Bff.Sessions.Store;

namespace Bff.Renewal;

/// <summary>What the renewal engine tells an operator (meter <c>Bff.Renewal</c>).</summary>
internal sealed class RenewalMetrics : IDisposable
{
    public const string MeterName = "Bff.Renewal";

    public const string Renewed = "renewed", Rejected = "rejected", Failed = "failed";

    public static readonly string[] Outcomes = [Renewed, Rejected, "refused", "unavailable", "misconfigured", "unreadable", "refresh_token_expired", Failed];

    private static readonly InstrumentAdvice<double> Durations = new() { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20] };

    /// <summary>From "at once" to "long after the token expired".</summary>
    private static readonly InstrumentAdvice<double> Lags = new() { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900] };

    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _lag;
    private readonly CountedFromZero _finished;
    private readonly CountedFromZero _coalesced;
    private readonly Counter<long> _apiTokens;
    private long _backlog;
    private long _renewed;

    public RenewalMetrics(IMeterFactory meters, ProviderSet providers, SessionCounts? counts = null)
    {
        _meter = meters.Create(MeterName);
        _duration = _meter.CreateHistogram("bff.renewal.duration", "s", "From the claim to the stored outcome.", tags: null, Durations);
        _lag = _meter.CreateHistogram("bff.renewal.lag", "s", "Completion of a background renewal after the time it was due.", tags: null, Lags);
        _finished = new(_meter, "bff.renewals", "{renewal}", "Renewals by provider and outcome.",
            ("provider", [.. providers.All.Select(provider => provider.Name)]), ("outcome", Outcomes));
        _coalesced = new(_meter, "bff.renewal.coalesced", "{call}", "Calls that waited for a renewal another one had started.");
        _apiTokens = _meter.CreateCounter<long>(
            "bff.api_tokens", "{token}", "Requests for tokens of the APIs that routes name, by provider, API and outcome.");
        if (counts is not null) { counts.Counted += counted => Interlocked.Exchange(ref _backlog, counted.Due ?? _backlog); }
        _meter.CreateObservableGauge("bff.renewal.due", () => Interlocked.Read(ref _backlog), "{session}", "Sessions due for renewal, when last looked at.");
        Gauge("bff.renewal.in_flight", gate => gate.Running, "{renewal}", "Token calls under way on this node, by provider.");
        Gauge("bff.renewal.waiting", gate => gate.Waiting, "{renewal}", "Renewals waiting for a place, the rate or the breaker, by provider.");
        Gauge("bff.renewal.breaker", gate => (int)gate.State, "{state}", "0 closed, 1 half-open, 2 open, by provider.");

        void Gauge(string name, Func<TokenCallGate, int> read, string unit, string description) => _meter.CreateObservableGauge(
            name, () => providers.All.Select(provider => new Measurement<int>(read(provider.Gate), Tag(provider.Name))), unit, description);
    }

    /// <summary>A renewal that this node began is over; whatever else counts them counts here.</summary>
    public event Action<FinishedRenewal>? RenewalFinished;

    /// <summary>Sessions that this node has renewed since its start, of every provider.</summary>
    public long RenewedSoFar => Interlocked.Read(ref _renewed);

    public void Finished(FinishedRenewal renewal)
    {
        if (renewal.Outcome == Renewed) { Interlocked.Increment(ref _renewed); }
        var provider = Tag(renewal.Provider);
        _finished.Add(renewal.Provider, renewal.Outcome);
        _duration.Record(renewal.Took.TotalSeconds, provider, new KeyValuePair<string, object?>("outcome", renewal.Outcome));
        if (renewal.Lag is { } lag) { _lag.Record(lag.TotalSeconds, provider); }
        RenewalFinished?.Invoke(renewal);
    }

    /// <param name="provider">Its name.</param>
    /// <param name="api">As the configuration has it, which bounds the label.</param>
    /// <param name="outcome">One of <see cref="Outcomes"/>.</param>
    public void ApiTokenFinished(string provider, ApiTarget api, string outcome) => _apiTokens.Add(
        1, Tag(provider), new KeyValuePair<string, object?>("api", api.Name), new KeyValuePair<string, object?>("outcome", outcome));

    private static KeyValuePair<string, object?> Tag(string provider) => new("provider", provider);

    public void Coalesced() => _coalesced.Add();

    public void Dispose() => _meter.Dispose();
}
