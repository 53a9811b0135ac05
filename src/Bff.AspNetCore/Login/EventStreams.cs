using System.Diagnostics.Metrics;
using Bff.FrontEnds;
using Bff.Hosting;
using Bff.Sessions;
using Bff.Sessions.Store;

namespace Bff.Login;

/// <summary>
/// The open <c>/bff/events</c> responses of this node. A change of a session wakes its streams, and one tick a second wakes those whose time has come: an idle
/// stream has no timer and no thread of its own. A tick looks at the sessions whose time has come with one operation of the store for hundreds of them, so no
/// stream relies on being told.
/// </summary>
internal sealed class EventStreams : PeriodicService
{
    public const string MeterName = "Bff.Events";

    /// <summary>Open streams of one session; a browser needs one, for all its tabs.</summary>
    public const int MaxPerSession = 20;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly PerSession<EventStream> _streams;
    private readonly SessionCache _sessions;
    private readonly TimeProvider _clock;
    private readonly Meter _meter;
    private readonly FrontEndSet _frontEnds;
    private volatile bool _closing;

    public EventStreams(
        SessionCache sessions, FrontEndSet frontEnds, IHostApplicationLifetime lifetime, IMeterFactory meters, TimeProvider clock,
        ILogger<EventStreams> logger)
        : base(Tick, clock, logger)
    {
        (_sessions, _frontEnds, _clock) = (sessions, frontEnds, clock);
        frontEnds.Changed += WakeAll;   // one may be gone, and its sessions with it
        _streams = new(sessions, (change, open) => Array.ForEach(open, stream => stream.Wake(change.Ended)), stream => stream.Wake());
        lifetime.ApplicationStopping.Register(CloseAll);
        _meter = meters.Create(MeterName);
        _meter.CreateObservableGauge("bff.events.streams", () => _streams.All.Count(), "{stream}", "Open /bff/events answers on this node.");
    }

    /// <summary>The server stops: a browser that comes back now should come to another node.</summary>
    public bool Closing => _closing;

    /// <returns>Null when the session has too many.</returns>
    public EventStream? Open(SessionId session)
    {
        var stream = new EventStream(session, _clock.GetUtcNow() + SessionCache.LookInterval);
        if (!_streams.TryAdd(session, stream, MaxPerSession)) { return null; }
        if (_closing) { stream.Close(); }
        return stream;
    }

    public void Close(EventStream stream) => _streams.Remove(stream.Session, stream);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        var due = _streams.BySession.Where(entry => Array.Exists(entry.Value, stream => stream.IsToBeLookedAt(now))).ToList();
        if (due.Count == 0) { return; }
        try
        {
            await _sessions.LookAsync(due.Select(entry => entry.Key), cancellationToken);
        }
        catch (SessionStoreException)
        {
            // A store that cannot be read ends no stream, and is asked again in a while.
        }

        foreach (var stream in due.SelectMany(entry => entry.Value))
        {
            stream.LookAt(now + SessionCache.LookInterval);
            if (stream.IsOverslept(now)) { stream.Wake(); }
        }
    }

    private void WakeAll()
    {
        foreach (var stream in _streams.All) { stream.Wake(); }
    }

    private void CloseAll()
    {
        _closing = true;
        foreach (var stream in _streams.All) { stream.Close(); }
    }

    public override void Dispose()
    {
        _frontEnds.Changed -= WakeAll;
        _streams.Dispose();
        _meter.Dispose();
        base.Dispose();
    }
}
