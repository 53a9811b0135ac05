using System.Collections.Concurrent;
using Bff.Forwarding.PassThrough;
using Bff.FrontEnds;
using Bff.Hosting;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using Bff.Sessions.Store;
using Microsoft.Extensions.Options;

namespace Bff.Forwarding;

/// <summary>
/// Forwarded calls that stay open: WebSockets, and responses that are streamed or large. They end with the session they began with: at once when this node is
/// told, and within seconds when nobody tells it, since each session with open calls is read again and again. WebSockets end also when the process stops, since
/// nothing else would end them before the shutdown's time limit; and all that stays ends when it has been quiet for too long.
/// </summary>
internal sealed partial class LongLivedRequests : PeriodicService, IHostedLifecycleService
{
    private const long Large = 1024 * 1024;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private static readonly ParallelOptions AtOnce = new() { MaxDegreeOfParallelism = 8 };

    /// <summary>Those that may end by time alone, or are to be told that they end; most responses are neither.</summary>
    private readonly ConcurrentDictionary<LongCall, bool> _open = new();
    private readonly PerSession<LongCall> _calls;
    private readonly SessionCache _sessions;
    private readonly SlidingExpiration _idle;
    private readonly FrontEndSet _frontEnds;
    private readonly IOptionsMonitor<ForwardingOptions> _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<LongLivedRequests> _logger;
    private volatile bool _stopping;

    public LongLivedRequests(
        SessionCache sessions, SlidingExpiration idle, FrontEndSet frontEnds, IOptionsMonitor<ForwardingOptions> options, TimeProvider clock,
        ILogger<LongLivedRequests> logger)
        : base(Tick, clock, logger)
    {
        (_sessions, _idle, _frontEnds, _options, _clock, _logger) = (sessions, idle, frontEnds, options, clock, logger);
        _calls = new(sessions, EndIfEnded, call => call.LookAt(DateTimeOffset.MinValue));
        frontEnds.Changed += LookAtAll;
    }

    /// <summary>To be called when the response's headers have come.</summary>
    /// <param name="context">The request.</param>
    /// <param name="answer">The upstream's; is given a content that can be ended.</param>
    /// <param name="session">The call ends with; null for none.</param>
    public void Watch(HttpContext context, HttpResponseMessage answer, SessionId? session)
    {
        var (kind, activityTimeout) = (Upgrades.KindOf(context), context.Features.Get<HeadersWait>()?.ActivityTimeout);
        var isOrdinary = kind == CallKind.Opaque && activityTimeout is null;
        var tokenExpiresAt = CallersTokenTransform.EndOf(context) ?? context.Features.Get<SentToken>()?.ExpiresAt;
        if (isOrdinary && ((session is null && tokenExpiresAt is null) || context.Response.ContentLength < Large)) { return; }
        var call = new LongCall(context, kind, activityTimeout, tokenExpiresAt, _clock);
        if (call.IsCarriedByUs) { answer.Content = new EndableContent(answer.Content, call); }
        Add(context, call, session);
        if (_stopping && call.IsUpgraded) { call.Finish(CallEnd.Stopping); }
    }

    /// <summary>By itself, since what it captures is allocated where it begins: not for calls that nobody watches.</summary>
    private void Add(HttpContext context, LongCall call, SessionId? session)
    {
        if (call.HasTimes) { _open.TryAdd(call, true); }
        if (session is { } id) { _calls.TryAdd(id, call); }
        context.Response.OnCompleted(() =>
        {
            call.Complete();
            if (call.HasTimes) { _open.TryRemove(call, out _); }
            if (session is { } ended) { _calls.Remove(ended, call); }
            return Task.CompletedTask;
        });
    }

    /// <summary>After the drain and before the server waits for its connections.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        foreach (var call in _open.Keys.Where(call => call.IsUpgraded)) { call.Finish(CallEnd.Stopping); }
        return Task.CompletedTask;
    }

    /// <summary>
    /// Looks at the sessions whose time has come with one operation of the store for hundreds, however many calls they have; those that are unchanged are then
    /// found among the copies. A store that cannot be read now ends nobody's call.
    /// </summary>
    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        foreach (var call in _open.Keys) { call.Tick(now); }
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

    private async Task RefreshAsync(SessionId id, LongCall[] calls, CancellationToken cancellationToken)
    {
        var session = await _sessions.FindAsync(id, cancellationToken);
        var now = _clock.GetUtcNow();
        if (session?.Tokens is null || session.EndsAt <= now || !_frontEnds.Accept(session))   // no tokens: a call would be refused, too
        {
            EndAll(id, calls);
            return;
        }

        var keepsAlive = _options.CurrentValue.WebSocketsKeepAlive;
        var isInUse = Array.FindAll(calls, call => call.IsUse(keepsAlive)).Length > 0;   // all are asked: what each has carried counts once
        if ((isInUse ? await _idle.SlideAsync(session) : session.EndsAt) is not { } endsAt)
        {
            EndAll(id, calls);
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

    private void EndIfEnded(SessionChange change, LongCall[] calls)
    {
        if (change.Ended is not null) { EndAll(change.Id, calls); }
    }

    private void EndAll(SessionId id, LongCall[] calls)
    {
        var open = calls.Count(call => call.End is null);
        if (open > 0) { Ended(open, id); }
        foreach (var call in calls) { call.Finish(CallEnd.Session); }
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

    [LoggerMessage(LogLevel.Information, "{Count} calls of session {Session} end: it has ended.")]
    private partial void Ended(int count, SessionId session);
}
