using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Bff.Sessions;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Sql;

namespace Bff.Login;

/// <summary>
/// The open <c>/bff/events</c> answers of this node. A change of a session wakes its streams, and one tick a second wakes those whose time has come: an idle
/// stream has no timer and no thread of its own, and reads the store once a heartbeat.
/// </summary>
internal sealed class EventStreams : BackgroundService
{
    public const string MeterName = "Bff.Events";

    /// <summary>Open streams of one session; a browser needs one, for all its tabs.</summary>
    public const int MostPerSession = 20;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<SessionId, EventStream[]> _streams = new();
    private readonly SessionChanges _changes;
    private readonly TimeProvider _clock;
    private readonly Meter _meter;
    private int _count;
    private volatile bool _closing;

    /// <remarks>Takes the cache to be told after it: whoever is woken must not find the old copy there.</remarks>
    public EventStreams(SessionChanges changes, SessionCache cache, IHostApplicationLifetime lifetime, IMeterFactory meters, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(cache);
        (_changes, _clock) = (changes, clock);
        _changes.Published += WakeOne;
        _changes.Missed += WakeAll;
        lifetime.ApplicationStopping.Register(CloseAll);
        _meter = meters.Create(MeterName);
        _meter.CreateObservableGauge("bff.events.streams", () => Volatile.Read(ref _count), "{stream}", "Open /bff/events answers on this node.");
    }

    /// <summary>The server stops: a browser that comes back now should come to another node.</summary>
    public bool Closing => _closing;

    /// <returns>Null when the session has too many.</returns>
    public EventStream? Open(SessionId session)
    {
        var stream = new EventStream(session);
        var all = _streams.AddOrUpdate(session, [stream], (_, open) => open.Length < MostPerSession ? [.. open, stream] : open);
        if (!all.Contains(stream)) { return null; }
        Interlocked.Increment(ref _count);
        if (_closing) { stream.Close(); }
        return stream;
    }

    public void Close(EventStream stream)
    {
        Interlocked.Decrement(ref _count);
        var left = _streams.AddOrUpdate(stream.Session, [], (_, open) => [.. open.Where(one => one != stream)]);
        if (left.Length == 0) { _streams.TryRemove(KeyValuePair.Create(stream.Session, left)); }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(Tick, _clock);
        try
        {
            while (await tick.WaitForNextTickAsync(stoppingToken))
            {
                var now = _clock.GetUtcNow();
                ForEach(stream =>
                {
                    if (stream.IsOverslept(now)) { stream.Wake(); }
                });
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    private void WakeOne(SessionChange change)
    {
        if (!_streams.TryGetValue(change.Id, out var open)) { return; }
        foreach (var stream in open) { stream.Wake(change.Ended); }
    }

    private void WakeAll() => ForEach(stream => stream.Wake());

    private void CloseAll()
    {
        _closing = true;
        ForEach(stream => stream.Close());
    }

    private void ForEach(Action<EventStream> act)
    {
        foreach (var (_, open) in _streams)
        {
            foreach (var stream in open) { act(stream); }
        }
    }

    public override void Dispose()
    {
        _changes.Published -= WakeOne;
        _changes.Missed -= WakeAll;
        _meter.Dispose();
        base.Dispose();
    }
}
