using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Bff.FrontEnds;
using Bff.Providers;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using Bff.Sessions.Store;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Features.Authentication;

namespace Bff.Login;

/// <summary>
/// <c>GET /bff/events</c>: news of the session as server-sent events (HTML Living Standard, section 9.2): <c>session</c> (anything about it),
/// <c>renewed</c>, <c>expiring</c>, each with what <c>/bff/session</c> answers; <c>ended</c> with the reason, after which the answer ends; <c>heartbeat</c>.
/// Listening does not keep the session alive. Thousands of streams are open for hours, so each holds what it needs to say and nothing of the request it began
/// with.
/// </summary>
internal sealed class EventsEndpoint(
    EventStreams streams, SessionCache sessions, FrontEndSet frontEnds, ISessionStore store, TimeProvider clock)
{
    public const string Path = "/bff/events";

    private const string Session = "session", Renewed = "renewed", Expiring = "expiring", Ended = "ended", Heartbeat = "heartbeat";

    /// <summary>Often enough for proxies that close what is quiet for half a minute.</summary>
    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(15);

    /// <summary>How long a browser waits before it comes back: up to twice this, so that those a stopped server sends away do not come all at once.</summary>
    private static readonly TimeSpan Reconnect = TimeSpan.FromSeconds(1);

    /// <summary>A token is called expiring when this little is left, an eighth of its lifetime at most: its renewal should have come by then.</summary>
    private static readonly TimeSpan LittleLeft = TimeSpan.FromSeconds(30);

    public Task HandleAsync(HttpContext context)
    {
        if (context.GetSession() is not { } session) { return RequireSignInAsync(context); }
        if (streams.Closing)
        {
            return new Problem(
                StatusCodes.Status503ServiceUnavailable,
                "stopping",
                "This server is about to stop.",
                "Connect again: another one will respond, or this one after its restart.",
                Reconnect).ExecuteAsync(context);
        }
        if (streams.Open(session.Id) is not { } stream)
        {
            return new Problem(
                StatusCodes.Status429TooManyRequests, "too_many_streams", "This session has too many event streams open.",
                $"At most {EventStreams.MaxPerSession}; tabs of one browser can share one.", HeartbeatEvery).ExecuteAsync(context);
        }

        Begin(context.Response);
        LetGo(context, session);
        return TellAsync(context, stream, State.Of(session, clock.GetUtcNow(), context.Request.PathBase));
    }

    private static async Task RequireSignInAsync(HttpContext context) => await (await context.SignInRequiredAsync()).ExecuteAsync(context);

    private static void Begin(HttpResponse response)
    {
        var headers = response.Headers;
        headers.ContentType = "text/event-stream";
        headers.CacheControl = "no-cache,no-store";
        headers.Pragma = "no-cache";
        headers.ContentEncoding = "identity";   // whatever compresses would collect the events
        headers["X-Accel-Buffering"] = "no";   // and so would nginx
        response.HttpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
    }

    /// <summary>The access log wants to know whose request it was, and nobody wants more.</summary>
    private static void LetGo(HttpContext context, Session session)
    {
        context.Features.Set(session with { Claims = [], Tokens = null });
        context.Features.Set<IAuthenticateResultFeature>(null);
        context.Features.Set<IHttpAuthenticationFeature>(null);
    }

    private async Task TellAsync(HttpContext context, EventStream stream, State first)
    {
        try
        {
            await TellAsync(context.Response.BodyWriter, stream, first, context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The browser went away.
        }
        finally
        {
            streams.Close(stream);
        }
    }

    private async Task TellAsync(PipeWriter writer, EventStream stream, State last, HttpContext context)
    {
        var cancellationToken = context.RequestAborted;
        var lastEventId = context.Request.Headers["Last-Event-ID"].ToString();
        var (beat, version, expiringTold) = (DateTimeOffset.MinValue, 0L, 0L);
        var reconnect = Reconnect * (1 + Random.Shared.NextDouble());
        while (!stream.Closing)
        {
            var found = await FindAsync(stream, last, context.Request.PathBase, cancellationToken);
            var now = clock.GetUtcNow();
            if (found is not { IsReadable: true } || found.EndsAt <= now)
            {
                Write(writer, Ended, new EndedNews(stream.Ended ?? await ReasonOfAsync(stream.Session, found ?? last, now, cancellationToken)));
                await writer.FlushAsync(cancellationToken);
                return;
            }

            var news = version == 0 ? (lastEventId == IdOf(stream, found) ? Heartbeat : Session)
                : found.Version != version ? (found.Token == last.Token && !found.IsFailing ? Session : Renewed)
                : now >= found.ExpiringAt && expiringTold != found.Version ? Expiring
                : (found.EndsAt, found.IsFailing) != (last.EndsAt, last.IsFailing) ? Session
                : now >= beat ? Heartbeat
                : null;
            if (news is not null)
            {
                if (news == Expiring) { expiringTold = found.Version; }
                (last, version, beat) = (found, found.Version, now + HeartbeatEvery);
                Write(writer, news, found.View with { Now = now }, IdOf(stream, found), reconnect);
                await writer.FlushAsync(cancellationToken);
            }

            var next = Earlier(beat, found.EndsAt);
            await stream.SleepAsync(expiringTold == found.Version ? next : Earlier(next, found.ExpiringAt), cancellationToken);
        }
    }

    /// <returns>Null when there is no such session; as it was when the store cannot be read now, which ends no stream: the next beat looks again.</returns>
    private async ValueTask<State?> FindAsync(EventStream stream, State last, PathString pathBase, CancellationToken cancellationToken)
    {
        try
        {
            var session = await sessions.FindAsync(stream.Session, cancellationToken);
            return session is not null && frontEnds.Accept(session) ? State.Of(session, clock.GetUtcNow(), pathBase) : null;
        }
        catch (SessionStoreException)
        {
            return stream.Ended is null ? last : null;
        }
    }

    /// <summary>As the HTML Living Standard has it, section 9.2.5. JSON has no line ends of its own.</summary>
    private static void Write<T>(PipeWriter writer, string name, T news, string? id = null, TimeSpan? reconnect = null)
    {
        Encoding.UTF8.GetBytes($"event: {name}\ndata: ", writer);
        using (var text = new Utf8JsonWriter(writer)) { JsonSerializer.Serialize(text, news, OwnJson.Options); }
        if (id is not null) { Encoding.UTF8.GetBytes($"\nid: {id}", writer); }
        if (reconnect is { } wait) { Encoding.UTF8.GetBytes($"\nretry: {(long)wait.TotalMilliseconds}", writer); }
        writer.Write("\n\n"u8);
    }

    /// <summary>Which state of which session was told; the browser sends it along when it comes back.</summary>
    private static string IdOf(EventStream stream, State state) => $"{stream.Session}.{state.Version}";

    /// <summary>This node was not told, so it asks: another one may have ended it while its messages went unheard.</summary>
    private async Task<string> ReasonOfAsync(SessionId id, State last, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (last.EndsAt <= now) { return EndReasons.TimeoutOf(last.EndsAt, last.AbsoluteEndsAt); }
        try
        {
            return await store.FindEndAsync(id, cancellationToken) ?? EndReasons.Unknown;
        }
        catch (SessionStoreException)
        {
            return EndReasons.Unknown;
        }
    }

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    /// <summary>What a stream remembers of its session: a tenth of it.</summary>
    /// <param name="View">What the page is told.</param>
    /// <param name="Version">Of the session.</param>
    /// <param name="Token">Tells whether the access token is another one; a renewal may be of an API's alone.</param>
    /// <param name="IsReadable">Its tokens could be opened.</param>
    /// <param name="IsFailing">Its last renewal failed.</param>
    /// <param name="ExpiringAt">When the page is warned.</param>
    private sealed record State(SessionView View, long Version, int Token, bool IsReadable, bool IsFailing, DateTimeOffset ExpiringAt)
    {
        public DateTimeOffset EndsAt => View.SessionExpiresAt!.Value;

        public DateTimeOffset AbsoluteEndsAt => View.AbsoluteEndsAt!.Value;

        public static State Of(Session session, DateTimeOffset now, PathString pathBase) => new(
            SessionView.Of(session, now, pathBase), session.Version, session.Tokens?.Authorization.GetHashCode(StringComparison.Ordinal) ?? 0,
            session.Tokens is not null, session.Failures > 0,
            session.Tokens is { } tokens ? ExpiringAtOf(tokens) : DateTimeOffset.MaxValue);

        private static DateTimeOffset ExpiringAtOf(TokenSet tokens) =>
            tokens.ExpiresAt - (tokens.Lifetime / 8 < LittleLeft ? tokens.Lifetime / 8 : LittleLeft);
    }

    private sealed record EndedNews(string Reason);
}
