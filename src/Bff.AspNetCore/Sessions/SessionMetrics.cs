using System.Diagnostics.Metrics;

namespace Bff.Sessions;

/// <summary>Sessions that come, are there and go; what the store takes; what the local copies save (meter <c>Bff.Sessions</c>).</summary>
internal sealed class SessionMetrics : IDisposable
{
    public const string MeterName = "Bff.Sessions";

    private static readonly string[] Revocations = ["revoked", "refused", "unavailable", "given_up", "not_offered", "unreadable", "nothing"];
    private static readonly string[] Lookups = ["hit", "confirmed", "miss", "bypass", "outage"];

    private readonly Meter _meter;
    private readonly CountedByPlace _created;
    private readonly CountedByPlace _ended;
    private readonly CountedFromZero _revocations;
    private readonly CountedFromZero _lookups;
    private readonly CountedFromZero _storeFailures;
    private readonly CountedFromZero _unreadable;
    private readonly Histogram<double> _store;
    private volatile SessionCount? _active;
    private double _keyAge = double.NaN;   // seconds; one word, so that a reader never sees half of it

    public SessionMetrics(IMeterFactory meters, SignInPlaces places)
    {
        _meter = meters.Create(MeterName);
        _created = new(_meter, places, "bff.sessions.created", "{session}", "Sign-ins that began a session on this node, by front end and provider.");
        _ended = new(
            _meter, places, "bff.sessions.ended", "{session}", "Sessions this node ended, by front end, provider and reason.", ("reason", EndReasons.All));
        _revocations = new(
            _meter, "bff.sessions.revocations", "{attempt}", "Attempts to revoke what ended sessions left at the provider, by outcome.",
            ("outcome", Revocations));
        _lookups = new(
            _meter, "bff.session.cache.lookups", "{lookup}",
            "Sessions looked for among the local copies: hit, confirmed for one that is old and was found to be as the store has it, miss, bypass while "
            + "copies cannot be trusted, outage for one used because the store cannot be read.",
            ("result", Lookups));
        _storeFailures = new(
            _meter, "bff.store.failures", "{statement}", "Statements of the session store that failed; bff.store.duration says which and how.");
        _unreadable = new(_meter, "bff.tokens.unreadable", "{attempt}", "Attempts to open the tokens of a session that no key here opens.");
        _store = _meter.CreateHistogram("bff.store.duration", "s", "Statements of the session store by operation; error.type when one failed.", tags: null,
            new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
        });
        _meter.CreateObservableGauge(
            "bff.sessions.active",
            Active,
            "{session}",
            "Living sessions in the whole store, not of this node only: renewable in the background, or silent (by the page).");
        _meter.CreateObservableGauge("bff.keys.age", KeyAge, "s", "Age of the Data Protection key that seals now.");
    }

    public void Created(string frontEnd, string provider) => _created.Add(frontEnd, provider);

    public void Ended(string frontEnd, string provider, string reason) => _ended.Add(frontEnd, provider, reason);

    public void Revoked(string outcome) => _revocations.Add(outcome);

    public void LookedUp(string result) => _lookups.Add(result);

    public void Unreadable() => _unreadable.Add();

    public void Stored(string operation, TimeSpan took, Exception? error)
    {
        if (error is null)
        {
            _store.Record(took.TotalSeconds, Tag("operation", operation));
            return;
        }

        _store.Record(took.TotalSeconds, Tag("operation", operation), Tag("error.type", error.GetType().Name));
        _storeFailures.Add();
    }

    public void Counted(SessionCount? active) => _active = active;

    public void KeyIs(TimeSpan? old) => Volatile.Write(ref _keyAge, old?.TotalSeconds ?? double.NaN);

    private IEnumerable<Measurement<long>> Active() => _active is { } active
        ? [new(active.Renewable, Tag("state", "renewable")), new(Math.Max(0, active.Living - active.Renewable), Tag("state", "silent"))]
        : [];

    private IEnumerable<Measurement<double>> KeyAge() => Volatile.Read(ref _keyAge) is var age && double.IsNaN(age) ? [] : [new(age)];

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);

    public void Dispose() => _meter.Dispose();
}
