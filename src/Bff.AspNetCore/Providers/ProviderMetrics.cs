using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Bff.Providers;

/// <summary>How the provider answers (meter <c>Bff.Provider</c>).</summary>
internal sealed class ProviderMetrics : IDisposable
{
    public const string MeterName = "Bff.Provider";

    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly CountedFromZero _refused;
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<string, long> _answeredAt = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ProviderFailure> _lastFailure = new(StringComparer.Ordinal);

    public ProviderMetrics(IMeterFactory meters, ProviderNames names, TimeProvider clock)
    {
        _clock = clock;
        _meter = meters.Create(MeterName);
        _duration = _meter.CreateHistogram("bff.provider.request.duration", "s",
            "Calls to the provider until the answer's headers, by provider, endpoint and outcome.",
            tags: null, new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
        });
        _refused = new(
            _meter, "bff.provider.refused", "{call}",
            "Calls that were not made, to spare the provider: by provider, kind (sign_in, revocation) and reason (queue, wait, breaker).",
            ("provider", [.. names.All]), ("kind", ["sign_in", "revocation"]), ("reason", ["queue", "wait", "breaker"]));
        _meter.CreateObservableGauge(
            "bff.provider.last_answer.age", LastAnswer, "s", "Time since a provider last gave an answer that is one; grows while nobody needs it, too.");
    }

    /// <param name="provider">Its name.</param>
    /// <param name="endpoint">Which of the provider's addresses.</param>
    /// <param name="outcome"><c>ok</c>, <c>refused</c>, <c>unavailable</c>, <c>timeout</c> or <c>connection</c>.</param>
    /// <param name="took">Until the headers came, or did not.</param>
    /// <param name="detail">The status, or what became of the connection; nothing the provider wrote.</param>
    public void Called(string provider, string endpoint, string outcome, TimeSpan took, string detail)
    {
        _duration.Record(
            took.TotalSeconds, new KeyValuePair<string, object?>("provider", provider), new KeyValuePair<string, object?>("endpoint", endpoint),
            new KeyValuePair<string, object?>("outcome", outcome));
        if (outcome is ProviderOutcome.Ok or ProviderOutcome.Refused) { _answeredAt[provider] = _clock.GetTimestamp(); }
        else { _lastFailure[provider] = new(_clock.GetUtcNow(), endpoint, outcome, detail); }
    }

    /// <summary>The last call that brought no answer, or one that is none; null when each has.</summary>
    public ProviderFailure? LastFailureOf(string provider) => _lastFailure.GetValueOrDefault(provider);

    /// <param name="provider">Its name.</param>
    /// <param name="kind">What the call was for.</param>
    /// <param name="reason">The queue was full, the wait too long, or the breaker open.</param>
    public void Refused(string provider, string kind, string reason) => _refused.Add(provider, kind, reason);

    private IEnumerable<Measurement<double>> LastAnswer() =>
        _answeredAt.Select(known => new Measurement<double>(
            _clock.GetElapsedTime(known.Value).TotalSeconds, new KeyValuePair<string, object?>("provider", known.Key)));

    public void Dispose() => _meter.Dispose();
}
