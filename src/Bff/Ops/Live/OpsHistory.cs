using System.Diagnostics.Metrics;
using Bff.Providers.Throttling;
using Bff.Renewal;
using Bff.Sessions.Store;

namespace Bff.Ops.Live;

/// <summary>The last quarter of an hour on this node, in steps of ten seconds: what the ops page draws. Fed by the renewal engine's own metrics and by the changes of sessions.</summary>
internal sealed class OpsHistory : IDisposable
{
    /// <summary>One from each count of the sessions to the next.</summary>
    public static readonly TimeSpan Step = SessionCounts.Interval;

    /// <summary>A quarter of an hour.</summary>
    private const int Moments = 90;

    private const int MostEnds = 30;

    // Names of Bff.Renewal's instruments and outcomes.
    private const string Renewals = "bff.renewal.duration", Lag = "bff.renewal.lag", Outcome = "outcome", Renewed = "renewed", Rejected = "rejected";

    private readonly Lock _lock = new();
    private readonly Queue<Moment> _past = new();
    private readonly Queue<RecentEnd> _ends = new();
    private readonly MeterListener _listener = new();
    private readonly SessionCounts _counts;
    private readonly SessionChanges _changes;
    private readonly TokenCallGate _gate;
    private readonly TimeProvider _clock;
    private Moment _now;

    public DateTimeOffset StartedAt { get; }

    public OpsHistory(SessionCounts counts, SessionChanges changes, TokenCallGate gate, IMeterFactory meters, TimeProvider clock)
    {
        (_counts, _changes, _gate, _clock) = (counts, changes, gate, clock);
        _now = new Moment(StartedAt = clock.GetUtcNow());
        _counts.Counted += Close;
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

    /// <summary>The finished steps, oldest first, then the one under way; the last ends, newest first.</summary>
    public (IReadOnlyList<Moment> Moments, IReadOnlyList<RecentEnd> Ends) Read()
    {
        lock (_lock) { return ([.. _past, _now], [.. _ends.Reverse()]); }
    }

    /// <summary>Closes the step under way with what the store says.</summary>
    private void Close(SessionCounts.Counts counts)
    {
        lock (_lock)
        {
            var now = _clock.GetUtcNow();
            if (now - _now.At < Step / 2) { return; }   // the count at the start, when there is nothing to close
            (_now.Active, _now.Backlog, _now.Breaker) = (counts.Sessions?.Living, counts.Due, _gate.State);
            _past.Enqueue(_now);
            if (_past.Count > Moments) { _past.Dequeue(); }
            _now = new Moment(now);
        }
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
        else if (instrument.Name == Lag && value > SessionCounts.LateAfter.TotalSeconds)
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

    public void Dispose()
    {
        _listener.Dispose();
        _changes.Published -= Note;
        _changes.Swept -= NoteSwept;
        _counts.Counted -= Close;
    }
}
