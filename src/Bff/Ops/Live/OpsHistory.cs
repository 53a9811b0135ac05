using Bff.Providers.Throttling;
using Bff.Renewal;
using Bff.Sessions.Store;

namespace Bff.Ops.Live;

/// <summary>
/// The last quarter of an hour on this node, in steps of ten seconds: what the ops page draws. Fed by finished renewals and by the changes of sessions.
/// </summary>
internal sealed class OpsHistory : BackgroundService
{
    public static readonly TimeSpan Step = TimeSpan.FromSeconds(10);

    public static readonly TimeSpan LateAfter = TimeSpan.FromSeconds(5);

    /// <summary>A quarter of an hour.</summary>
    private const int Moments = 90;

    private const int MostEnds = 30;

    private readonly Lock _lock = new();
    private readonly Queue<Moment> _past = new();
    private readonly Queue<RecentEnd> _ends = new();
    private readonly ISessionStore _store;
    private readonly SessionChanges _changes;
    private readonly RenewalMetrics _renewals;
    private readonly TokenCallGate _gate;
    private readonly TimeProvider _clock;
    private Moment _now;
    private TimeSpan? _storeTook;
    private long? _active;

    public DateTimeOffset StartedAt { get; }

    public OpsHistory(ISessionStore store, SessionChanges changes, RenewalMetrics renewals, TokenCallGate gate, TimeProvider clock)
    {
        (_store, _changes, _renewals, _gate, _clock) = (store, changes, renewals, gate, clock);
        _now = new Moment(StartedAt = clock.GetUtcNow());
        _changes.Published += Note;
        _changes.Swept += NoteSwept;
        _renewals.RenewalFinished += Note;
    }

    /// <summary>The finished steps, oldest first, then the one under way; the last ends, newest first; how long the store took to answer, null when it did not.</summary>
    public (IReadOnlyList<Moment> Moments, IReadOnlyList<RecentEnd> Ends, TimeSpan? StoreTook) Read()
    {
        lock (_lock) { return ([.. _past, _now], [.. _ends.Reverse()], _storeTook); }
    }

    /// <summary>Living sessions in the store, as of the last few seconds; null when it did not say.</summary>
    public long? Active
    {
        get
        {
            lock (_lock) { return _active; }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(Step, _clock);
        try
        {
            await CountAsync(stoppingToken);
            while (await tick.WaitForNextTickAsync(stoppingToken)) { await LookAsync(stoppingToken); }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    /// <summary>Closes the step under way with what the store says.</summary>
    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        var backlog = await CountAsync(cancellationToken);
        lock (_lock)
        {
            (_now.Active, _now.Backlog, _now.Breaker) = (_active, backlog, _gate.State);
            _past.Enqueue(_now);
            if (_past.Count > Moments) { _past.Dequeue(); }
            _now = new Moment(now);
        }
    }

    /// <summary>A store that says nothing is no news for the log: whoever needs it complains.</summary>
    /// <returns>The backlog.</returns>
    private async Task<long?> CountAsync(CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        long? active = null, backlog = null;
        TimeSpan? took = null;
        try
        {
            var since = _clock.GetTimestamp();
            backlog = await _store.CountDueAsync(now, cancellationToken);
            took = _clock.GetElapsedTime(since);
            active = (await _store.CountAsync(now, cancellationToken)).Living;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Null says it.
        }

        lock (_lock) { (_active, _storeTook) = (active, took); }
        return backlog;
    }

    private void Note(SessionChange change)
    {
        if (change.Remote) { return; }
        lock (_lock)
        {
            if (change.Started) { _now.Started++; }
            if (change.Ended is { } reason) { End(new(_clock.GetUtcNow(), reason, $"{change.Id}", 1)); }
        }
    }

    private void NoteSwept(string reason, int count)
    {
        lock (_lock) { End(new(_clock.GetUtcNow(), reason, Handle: null, count)); }
    }

    private void End(RecentEnd end)
    {
        _now.Ended += end.Count;
        _ends.Enqueue(end);
        if (_ends.Count > MostEnds) { _ends.Dequeue(); }
    }

    /// <summary>A renewal the provider rejects is the end of a session, and noted as such.</summary>
    private void Note(FinishedRenewal renewal)
    {
        lock (_lock)
        {
            if (renewal.Outcome == RenewalMetrics.Renewed) { _now.Renewed++; }
            else if (renewal.Outcome != RenewalMetrics.Rejected) { _now.Failed++; }
            if (renewal.Lag > LateAfter) { _now.Late++; }
        }
    }

    public override void Dispose()
    {
        _renewals.RenewalFinished -= Note;
        _changes.Published -= Note;
        _changes.Swept -= NoteSwept;
        base.Dispose();
    }
}
