using Bff.FrontEnds;
using Bff.Sessions.Store;

namespace Bff.Sessions.Authentication;

/// <summary>Finds the session of a request's cookie. It, or why there is none, is left on the request.</summary>
internal sealed class SessionReader(
    SessionCache cache, SessionCookie cookie, FrontEndSet frontEnds, SlidingExpiration idle, TimeProvider clock)
{
    /// <returns>Null when nobody is signed in, or it cannot be said.</returns>
    public async ValueTask<Session?> ReadAsync(HttpContext context)
    {
        var frontEnd = frontEnds.Of(context);
        if (!cookie.TryRead(context.Request, frontEnd, out var id)) { return null; }
        Session? session;
        try
        {
            session = await cache.FindAsync(id, context.RequestAborted);
        }
        catch (SessionStoreException error)
        {
            context.Features.Set(new SessionUnknown(error));
            return null;
        }

        if (session is not null && !frontEnd.Owns(session)) { return null; }   // another front end's, put in the place of ours
        if (session is null || session.EndsAt <= clock.GetUtcNow())
        {
            context.Features.Set(session is null ? new SessionEnd(id, Reason: null, IsGone: true) : new SessionEnd(id, EndReasons.TimeoutOf(session)));
            return null;
        }

        if (session.Tokens is null)
        {
            context.Features.Set(new SessionEnd(id, Reason: null));   // no key here opens them: it is as good as over, and nobody meant it to be
            return null;
        }

        if (KeepsSessionAlive.Is(context.GetEndpoint()) && await idle.SlideAsync(session) is null)
        {
            // Another node has ended it, and this one had a copy.
            context.Features.Set(new SessionEnd(id, Reason: null, IsGone: true));
            return null;
        }

        context.Features.Set(session);   // nobody reads the store again for this request
        return session;
    }
}
