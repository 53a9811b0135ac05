using Bff.Hosting;

namespace Bff.Sessions.Store;

/// <summary>Counts the sessions in the whole store, and nobody else does: metrics, ops page, its history and health read it here.</summary>
internal sealed class SessionCounts(
    IRenewalQueue queue, ISessionDirectory directory, SessionMetrics metrics, TimeProvider clock, ILogger<SessionCounts> logger)
    : PeriodicService(Interval, clock, logger, runsAtStart: true)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>A renewal that is due for this long and not begun is late.</summary>
    public static readonly TimeSpan LateAfter = TimeSpan.FromSeconds(5);

    /// <summary>Five minutes ahead.</summary>
    private const int StepsAhead = 30;

    /// <summary>A page that people look at in an outage does not wait for what is out.</summary>
    private static readonly TimeSpan OutlookTimeout = TimeSpan.FromSeconds(2);

    /// <summary>While a slow store is counting, the last outlook is shown this long.</summary>
    private static readonly TimeSpan MaxOutlookAge = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private volatile Counts _last = new();
    private Task<Outlook?>? _looking;
    private long? _looked;
    private Outlook? _outlook;
    private CancellationToken _stopping;

    /// <param name="Sessions">How many there are.</param>
    /// <param name="Due">Due renewals that nobody has begun.</param>
    /// <param name="StoreTook">How long the store took to answer.</param>
    public sealed record Counts(SessionCount? Sessions = null, long? Due = null, TimeSpan? StoreTook = null);

    /// <param name="At">When they were counted.</param>
    /// <param name="Upcoming">Renewals in each interval from then on.</param>
    /// <param name="Trouble">Those that are late or failing.</param>
    public sealed record Outlook(DateTimeOffset At, IReadOnlyList<long> Upcoming, SessionTrouble Trouble)
    {
        /// <summary>Without the intervals that have passed since they were counted.</summary>
        public IEnumerable<long> UpcomingFrom(DateTimeOffset now) => Upcoming.Skip((int)((now - At) / Interval));
    }

    /// <summary>Raised after each count.</summary>
    public event Action<Counts>? Counted;

    /// <summary>As of the last few seconds; null is what the store did not say.</summary>
    public Counts Last => _last;

    /// <summary>
    /// What only the ops page asks: among millions of sessions it takes a while, so it is counted while somebody looks, and once for all who do.
    /// </summary>
    /// <returns>Null when the store does not say.</returns>
    public async Task<Outlook?> LookAheadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await LookOnceAsync().WaitAsync(OutlookTimeout, Clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            lock (_lock) { return _outlook is { } last && Clock.GetUtcNow() - last.At < MaxOutlookAge ? last : null; }
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _stopping = stoppingToken;
        return base.ExecuteAsync(stoppingToken);
    }

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        var (counts, now, started) = (new Counts(), Clock.GetUtcNow(), Clock.GetTimestamp());
        try
        {
            counts = counts with { Due = await queue.CountDueAsync(now, cancellationToken) };
            counts = counts with { StoreTook = Clock.GetElapsedTime(started) };
            counts = counts with { Sessions = await directory.CountAsync(now, cancellationToken) };
            metrics.Counted(counts.Sessions);
        }
        finally
        {
            _last = counts;
            Counted?.Invoke(counts);
        }
    }

    private Task<Outlook?> LookOnceAsync()
    {
        lock (_lock)
        {
            var isUsable = _looking is { IsCompleted: false } || (_looked is { } looked && Clock.GetElapsedTime(looked) < Interval);
            return isUsable ? _looking! : _looking = Task.Run(LookAsync);
        }
    }

    private async Task<Outlook?> LookAsync()
    {
        Outlook? outlook = null;
        try
        {
            var now = Clock.GetUtcNow();
            var upcoming = await directory.CountUpcomingAsync(now, Interval, StepsAhead, _stopping);
            outlook = new(now, upcoming, await directory.CountTroubleAsync(now, now - LateAfter, _stopping));
        }
        catch (Exception)
        {
            // Null says it, whatever it was: a page that people look at in an outage is drawn without.
        }

        lock (_lock) { (_outlook, _looked) = (outlook, Clock.GetTimestamp()); }
        return outlook;
    }
}
