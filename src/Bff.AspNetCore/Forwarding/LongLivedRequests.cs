using Bff.FrontEnds;
using Bff.Hosting;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using Bff.Sessions.Store;
using Microsoft.Extensions.Options;

namespace Bff.Forwarding;

/// <summary>
/// Forwarded calls that may outlive the session they began with: WebSockets, and answers that are streamed or large. They are cut when it ends: at once when
/// this node is told, and within seconds when nobody tells it, since each session with open calls is read again and again. WebSockets are cut also when the
/// process stops, since nothing else would end them before the shutdown's time limit.
/// </summary>
internal sealed partial class LongLivedRequests : PeriodicService, IHostedLifecycleService
{
    private const long Large = 1024 * 1024;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private static readonly ParallelOptions AtOnce = new() { MaxDegreeOfParallelism = 8 };

    private readonly PerSession<Call> _calls;
    private readonly SessionCache _sessions;
    private readonly SlidingExpiration _idle;
    private readonly FrontEndSet _frontEnds;
    private readonly IOptionsMonitor<ForwardingOptions> _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<LongLivedRequests> _logger;
    private volatile bool _stopping;

    private sealed class Call(HttpContext context)
    {
        private readonly Lock _lock = new();
        private long _lookAt;
        private bool _completed;

        public bool IsUpgraded { get; } = context.Response.StatusCode == StatusCodes.Status101SwitchingProtocols
            || HttpMethods.IsConnect(context.Request.Method);

        /// <summary>At first, too: the session may have ended while the upstream took its time.</summary>
        public bool IsToBeLookedAt(DateTimeOffset now) => now.UtcTicks >= Volatile.Read(ref _lookAt);

        public void LookAt(DateTimeOffset when) => Volatile.Write(ref _lookAt, when.UtcTicks);

        /// <summary>The server reuses contexts: a call that has completed must not cut the next one.</summary>
        public void Cut()
        {
            lock (_lock)
            {
                if (!_completed) { context.Abort(); }
            }
        }

        public void Complete()
        {
            lock (_lock) { _completed = true; }
        }
    }

    public LongLivedRequests(
        SessionCache sessions, SlidingExpiration idle, FrontEndSet frontEnds, IOptionsMonitor<ForwardingOptions> options, TimeProvider clock,
        ILogger<LongLivedRequests> logger)
        : base(Tick, clock, logger)
    {
        (_sessions, _idle, _frontEnds, _options, _clock, _logger) = (sessions, idle, frontEnds, options, clock, logger);
        _calls = new(sessions, CutIfEnded, call => call.LookAt(DateTimeOffset.MinValue));
        frontEnds.Changed += LookAtAll;
    }

    /// <summary>To be called when the answer's headers have come.</summary>
    public void Watch(HttpContext context, SessionId session)
    {
        if (context.Response.StatusCode != StatusCodes.Status101SwitchingProtocols && context.Response.ContentLength < Large) { return; }
        var call = new Call(context);
        _calls.TryAdd(session, call);
        context.Response.OnCompleted(() =>
        {
            call.Complete();
            _calls.Remove(session, call);
            return Task.CompletedTask;
        });
        if (_stopping && call.IsUpgraded) { call.Cut(); }
    }

    /// <summary>After the drain and before the server waits for its connections.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        foreach (var call in _calls.All.Where(call => call.IsUpgraded)) { call.Cut(); }
        return Task.CompletedTask;
    }

    /// <summary>
    /// Looks at the sessions whose time has come with one operation of the store for hundreds, however many calls they have; those that are unchanged are then
    /// found among the copies. A store that cannot be read now ends nobody's call.
    /// </summary>
    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        var due = _calls.BySession.Where(entry => Array.Exists(entry.Value, call => call.IsToBeLookedAt(now))).ToList();
        if (due.Count == 0) { return; }
        await TryLookAsync(due.Select(entry => entry.Key), cancellationToken);
        await Parallel.ForEachAsync(due, AtOnce, async (entry, _) =>
        {
            Array.ForEach(entry.Value, call => call.LookAt(now + SessionCache.LookInterval));
            try
            {
                await RefreshAsync(entry.Key, entry.Value, cancellationToken);
            }
            catch (SessionStoreException)
            {
                // Of this session nothing can be said now; the loop would look at no further one.
            }
        });
    }

    private async Task TryLookAsync(IEnumerable<SessionId> ids, CancellationToken cancellationToken)
    {
        try
        {
            await _sessions.LookAsync(ids, cancellationToken);
        }
        catch (SessionStoreException)
        {
            // They are read one by one, from copies while the store is away.
        }
    }

    private async Task RefreshAsync(SessionId id, Call[] calls, CancellationToken cancellationToken)
    {
        var session = await _sessions.FindAsync(id, cancellationToken);
        var now = _clock.GetUtcNow();
        if (session is null || session.EndsAt <= now || !_frontEnds.Accept(session))
        {
            Cut(id, calls);
            return;
        }

        var isInUse = _options.CurrentValue.WebSocketsKeepAlive && Array.Exists(calls, call => call.IsUpgraded);
        if ((isInUse ? await _idle.SlideAsync(session) : session.EndsAt) is not { } endsAt)
        {
            Cut(id, calls);
            return;
        }

        var next = endsAt < now + SessionCache.LookInterval ? endsAt : now + SessionCache.LookInterval;
        Array.ForEach(calls, call => call.LookAt(next));
    }

    /// <summary>Sessions of a front end that is gone are accepted no longer.</summary>
    private void LookAtAll()
    {
        foreach (var call in _calls.All) { call.LookAt(DateTimeOffset.MinValue); }
    }

    private void CutIfEnded(SessionChange change, Call[] calls)
    {
        if (change.Ended is not null) { Cut(change.Id, calls); }
    }

    private void Cut(SessionId id, Call[] calls)
    {
        Ended(calls.Length, id);
        foreach (var call in calls) { call.Cut(); }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Dispose()
    {
        _frontEnds.Changed -= LookAtAll;
        _calls.Dispose();
        base.Dispose();
    }

    [LoggerMessage(LogLevel.Information, "{Count} calls of session {Session} were cut: it has ended.")]
    private partial void Ended(int count, SessionId session);
}
