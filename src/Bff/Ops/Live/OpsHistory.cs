using Bff.Providers.Named;
using Bff.Renewal;
using Bff.Sessions.Store;

namespace Bff.Ops.Live;

/// <summary>
/// The last quarter of an hour on this node, in steps of ten seconds: what the ops page draws. Fed by finished renewals and by the changes of sessions.
/// </summary>
internal sealed class OpsHistory : IDisposable
{
    /// <summary>One from each count of the sessions to the next.</summary>
    public static readonly TimeSpan Step = SessionCounts.Interval;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    private static readonly int Steps = (int)(Window / Step);

    private const int MostEnds = 30;

    private readonly Lock _lock = new();
    private readonly Queue<Moment> _past = new();
    private readonly Queue<RecentEnd> _ends = new();
    private readonly SessionCounts _counts;
    private readonly SessionChanges _changes;
    private readonly RenewalMetrics _renewals;
    private readonly ProviderSet _providers;
    private readonly TimeProvider _clock;
    private Moment _now;

    public DateTimeOffset StartedAt { get; }

    public OpsHistory(SessionCounts counts, SessionChanges changes, RenewalMetrics renewals, ProviderSet providers, TimeProvider clock)
    {
        (_counts, _changes, _renewals, _providers, _clock) = (counts, changes, renewals, providers, clock);
        _now = new Moment(StartedAt = clock.GetUtcNow());
        _counts.Counted += Close;
        _changes.Published += Note;
        _changes.Swept += NoteSwept;
        _renewals.RenewalFinished += Note;
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
            (_now.Active, _now.Backlog, _now.Breakers) =
                (counts.Sessions?.Living, counts.Due, [.. _providers.All.Select(provider => provider.Gate.State)]);
            _past.Enqueue(_now);
            while (_past.Count > Steps || (_past.TryPeek(out var oldest) && now - oldest.At > Window + Step)) { _past.Dequeue(); }
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

    /// <summary>A renewal the provider rejects is the end of a session, and noted as such.</summary>
    private void Note(FinishedRenewal renewal)
    {
        lock (_lock)
        {
            if (renewal.Outcome == RenewalMetrics.Renewed) { _now.Renewed++; }
            else if (renewal.Outcome != RenewalMetrics.Rejected) { _now.Failed++; }
            if (renewal.Lag > SessionCounts.LateAfter) { _now.Late++; }
        }
    }

    public void Dispose()
    {
        _renewals.RenewalFinished -= Note;
        _changes.Published -= Note;
        _changes.Swept -= NoteSwept;
        _counts.Counted -= Close;
    }
}
