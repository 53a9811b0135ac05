using Bff.Sessions.Store;
using Microsoft.AspNetCore.Authentication;

namespace Bff.Sessions.Authentication;

/// <summary>Finds the session of a request's cookie. It, or why there is none, is left on the request.</summary>
internal sealed class SessionReader(SessionCache cache, SessionCookie cookie, SlidingExpiration idle, TimeProvider clock)
{
    private static readonly AuthenticateResult Unreadable = AuthenticateResult.Fail("The session's tokens cannot be decrypted.");

    public async ValueTask<AuthenticateResult> ReadAsync(HttpContext context)
    {
        if (!cookie.TryRead(context.Request, out var id)) { return AuthenticateResult.NoResult(); }
        Session? session;
        try
        {
            session = await cache.FindAsync(id, context.RequestAborted);
        }
        catch (SessionStoreException error)
        {
            context.Features.Set(new SessionUnknown(error));
            return AuthenticateResult.Fail(error);
        }

        if (session is null || session.EndsAt <= clock.GetUtcNow())
        {
            context.Features.Set(new SessionEnd(id, session is null ? null : EndReasons.TimeoutOf(session)));
            return session is { Tokens: null } ? Unreadable : AuthenticateResult.NoResult();
        }

        if (session.Tokens is null) { return Unreadable; }
        if (context.GetEndpoint()?.Metadata.GetMetadata<KeepsSessionAlive>() is not null && await idle.SlideAsync(session) is null)
        {
            // Another node has ended it, and this one had a copy.
            context.Features.Set(new SessionEnd(id, Reason: null));
            return AuthenticateResult.NoResult();
        }

        var ticket = SessionTicket.Of(session);
        context.Features.Set(ticket);   // nobody reads the store again for this request
        return ticket.Result;
    }
}
