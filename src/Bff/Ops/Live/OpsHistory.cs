using System.Diagnostics.Metrics;
using Bff.Providers.Throttling;
using Bff.Renewal;
using Bff.Sessions.Store;

namespace Bff.Ops.Live;

/// <summary>The last quarter of an hour on this node, in steps of ten seconds: what the ops page draws. Fed by the renewal engine's own metrics and by the changes of sessions.</summary>
internal sealed class OpsHistory : BackgroundService
{
    public static readonly TimeSpan Step = TimeSpan.FromSeconds(10);

    public static readonly TimeSpan LateAfter = TimeSpan.FromSeconds(5);

    /// <summary>A quarter of an hour.</summary>
    private const int Moments = 90;

    private const int MostEnds = 30;

    // Names of Bff.Renewal's instruments and outcomes.
    private const string Renewals = "bff.renewal.duration", Lag = "bff.renewal.lag", Outcome = "outcome", Renewed = "renewed", Rejected = "rejected";

    private readonly Lock _lock = new();
    private readonly Queue<Moment> _past = new();
    private readonly Queue<RecentEnd> _ends = new();
    private readonly MeterListener _listener = new();
    private readonly ISessionStore _store;
    private readonly SessionChanges _changes;
    private readonly TokenCallGate _gate;
    private readonly TimeProvider _clock;
    private Moment _now;
    private TimeSpan? _storeTook;
    private long? _active;

    public DateTimeOffset StartedAt { get; }

    public OpsHistory(ISessionStore store, SessionChanges changes, TokenCallGate gate, IMeterFactory meters, TimeProvider clock)
    {
        (_store, _changes, _gate, _clock) = (store, changes, gate, clock);
        _now = new Moment(StartedAt = clock.GetUtcNow());
        _changes.Published += Note;
        _changes.Swept += NoteSwept;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // The scope: several hosts may share a process.
            if (instrument.Meter.Name == RenewalMetrics.MeterName && instrument.Meter.Scope == meters) { listener.EnableMeasurementEvents(instrument); }
        };
        _listener.SetMeasurementEventCallback<double>(Note);
        _listener.Start();
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

    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        if (instrument.Name == Renewals)
        {
            foreach (var (tag, outcome) in tags)
            {
                if (tag == Outcome) { Count(outcome as string); }
            }
        }
        else if (instrument.Name == Lag && value > LateAfter.TotalSeconds)
        {
            lock (_lock) { _now.Late++; }
        }
    }

    /// <summary>A renewal the provider rejects is the end of a session, and noted as such.</summary>
    private void Count(string? outcome)
    {
        lock (_lock)
        {
            if (outcome == Renewed) { _now.Renewed++; }
            else if (outcome != Rejected) { _now.Failed++; }
        }
    }

    public override void Dispose()
    {
        _listener.Dispose();
        _changes.Published -= Note;
        _changes.Swept -= NoteSwept;
        base.Dispose();
    }
}
