using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using Bff.Sessions.Store;
using Microsoft.AspNetCore.Mvc;

namespace Bff.Login;

/// <summary>
/// <c>GET /bff/events</c>: news of the session as server-sent events (HTML Living Standard, section 9.2): <c>session</c> (anything about it),
/// <c>renewed</c>, <c>expiring</c>, each with what <c>/bff/session</c> answers; <c>ended</c> with the reason, after which the answer ends; <c>heartbeat</c>.
/// Listening does not keep the session alive.
/// </summary>
internal static class EventsEndpoint
{
    private const string Session = "session", Renewed = "renewed", Expiring = "expiring", Ended = "ended", Heartbeat = "heartbeat";

    /// <summary>Often enough for proxies that close what is quiet for half a minute.</summary>
    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(15);

    /// <summary>How long a browser waits before it comes back: up to twice this, so that those a stopped server sends away do not come all at once.</summary>
    private static readonly TimeSpan Reconnect = TimeSpan.FromSeconds(1);

    /// <summary>A token is called expiring when this little is left, an eighth of its lifetime at most: its renewal should have come by then.</summary>
    private static readonly TimeSpan LittleLeft = TimeSpan.FromSeconds(30);

    public static async Task<IResult> Handle(
        HttpContext context, EventStreams streams, SessionCache sessions, ISessionStore store, TimeProvider clock,
        [FromHeader(Name = "Last-Event-ID")] string? lastEventId)
    {
        if (context.GetSession() is not { } session) { return await context.SignInRequiredAsync(); }
        if (streams.Closing)
        {
            return new Problem(
                StatusCodes.Status503ServiceUnavailable,
                "stopping",
                "This server is about to stop.",
                "Connect again: another one will respond, or this one after its restart.",
                Reconnect);
        }
        if (streams.Open(session.Id) is not { } stream)
        {
            return new Problem(
                StatusCodes.Status429TooManyRequests, "too_many_streams", "This session has too many event streams open.",
                $"At most {EventStreams.MaxPerSession}; tabs of one browser can share one.", HeartbeatEvery);
        }

        context.Response.OnCompleted(() =>
        {
            streams.Close(stream);
            return Task.CompletedTask;
        });
        context.Response.Headers["X-Accel-Buffering"] = "no";   // nginx would collect the events
        return TypedResults.ServerSentEvents(NewsAsync(stream, session, sessions, store, clock, context.Request.PathBase, lastEventId, context.RequestAborted));
    }

    private static async IAsyncEnumerable<SseItem<object>> NewsAsync(
        EventStream stream, Session first, SessionCache sessions, ISessionStore store, TimeProvider clock, PathString pathBase, string? lastEventId,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Session? told = null;
        var (beat, expiringTold) = (DateTimeOffset.MinValue, 0L);
        var reconnect = Reconnect * (1 + Random.Shared.NextDouble());
        while (!stream.Closing)
        {
            var session = await FindAsync(stream, sessions, told ?? first, cancellationToken);
            var now = clock.GetUtcNow();
            if (session is not { Tokens: { } tokens } || session.EndsAt <= now)
            {
                yield return new(new EndedNews(stream.Ended ?? await ReasonOfAsync(session ?? told ?? first, now, store, cancellationToken)), Ended);
                yield break;
            }

            var expiringAt = tokens.ExpiresAt - (tokens.Lifetime / 8 < LittleLeft ? tokens.Lifetime / 8 : LittleLeft);
            var news = told is null ? (lastEventId == IdOf(session) ? Heartbeat : Session)
                : session.Version != told.Version ? Renewed
                : now >= expiringAt && expiringTold != session.Version ? Expiring
                : !Same(told, session) ? Session
                : now >= beat ? Heartbeat
                : null;
            if (news is not null)
            {
                if (news == Expiring) { expiringTold = session.Version; }
                (told, beat) = (session, now + HeartbeatEvery);
                yield return new(SessionView.Of(session, now, pathBase), news) { EventId = IdOf(session), ReconnectionInterval = reconnect };
            }

            var next = Earlier(beat, session.EndsAt);
            if (!await SleepAsync(stream, expiringTold == session.Version ? next : Earlier(next, expiringAt), cancellationToken)) { yield break; }
        }
    }

    /// <summary>
    /// Null also when the browser went away meanwhile: nobody hears what follows. A store that cannot be read now ends no stream; the next beat looks again.
    /// </summary>
    private static async ValueTask<Session?> FindAsync(EventStream stream, SessionCache sessions, Session told, CancellationToken cancellationToken)
    {
        try
        {
            return await sessions.FindAsync(stream.Session, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (SessionStoreException)
        {
            return stream.Ended is null ? told : null;
        }
    }

    /// <returns>False when the browser went away.</returns>
    private static async Task<bool> SleepAsync(EventStream stream, DateTimeOffset until, CancellationToken cancellationToken)
    {
        try
        {
            await stream.SleepAsync(until, cancellationToken);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Which state of which session was told; the browser sends it along when it comes back.</summary>
    private static string IdOf(Session session) => $"{session.Id}.{session.Version}";

    private static bool Same(Session a, Session b) => (a.EndsAt, a.Failures > 0) == (b.EndsAt, b.Failures > 0);

    /// <summary>This node was not told, so it asks: another one may have ended it while its messages went unheard.</summary>
    private static async Task<string> ReasonOfAsync(Session last, DateTimeOffset now, ISessionStore store, CancellationToken cancellationToken)
    {
        if (last.EndsAt <= now) { return EndReasons.TimeoutOf(last); }
        try
        {
            return await store.FindEndAsync(last.Id, cancellationToken) ?? EndReasons.Unknown;
        }
        catch (Exception error) when (error is SessionStoreException or OperationCanceledException)
        {
            return EndReasons.Unknown;
        }
    }

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private sealed record EndedNews(string Reason);
}
