using Bff.FrontEnds;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using Bff.Sessions.Store;
using Microsoft.AspNetCore.Authentication;

namespace Bff.Login;

/// <summary>
/// <c>/bff/sessions</c>: a user's own sessions at this provider and client, at whichever front end, listed and ended by their handles. Neither keeps a session
/// alive.
/// </summary>
internal static class UserSessionsEndpoint
{
    /// <summary>Of a list; the session that asks is always in it.</summary>
    public const int MaxListed = 100;

    private static readonly Problem NotFound = new(
        StatusCodes.Status404NotFound, "session_not_found", "You have no such session.", "It may have ended in the meantime.");

    public static async Task<IResult> List(HttpContext context, ISessionDirectory directory, FrontEndSet frontEnds, TimeProvider clock)
    {
        if (context.GetSession() is not { } session) { return await context.SignInRequiredAsync(); }
        var now = clock.GetUtcNow();
        var found = await directory.ListOfUserAsync(session, handle: null, MaxListed + 1, now, context.RequestAborted);
        if (!IsAlive(session, found)) { return await EndedAsync(context, session); }
        return OwnJson.Ok(new UserSessions(
            now, [.. found.Take(MaxListed).Select(one => UserSessionView.Of(one, session, frontEnds.Find(one.FrontEnd), now))], found.Count > MaxListed));
    }

    /// <summary>Another user's handle is answered as one that nobody has.</summary>
    public static async Task<IResult> End(string handle, HttpContext context, ISessionDirectory directory, ISessionStore store, TimeProvider clock)
    {
        if (context.GetSession() is not { } session) { return await context.SignInRequiredAsync(); }
        if (handle == $"{session.Id}")
        {
            await context.SignOutAsync(SessionAuthentication.Scheme);
            ClearSiteData.Ask(context);
            return Results.NoContent();
        }

        if (!SessionId.IsHandle(handle)) { return NotFound; }
        var found = await directory.ListOfUserAsync(session, handle, 2, clock.GetUtcNow(), context.RequestAborted);
        if (!IsAlive(session, found)) { return await EndedAsync(context, session); }
        if (found is not [_, var other]) { return NotFound; }
        return await store.RemoveAsync(other.Id, version: null, EndReasons.EndedByUser, CancellationToken.None) is null ? NotFound : Results.NoContent();
    }

    /// <summary>This node may have a copy of a session that its user has ended elsewhere for good reason.</summary>
    private static bool IsAlive(Session session, IReadOnlyList<UserSession> found) => found is [var first, ..] && first.Id == session.Id;

    private static Task<Problem> EndedAsync(HttpContext context, Session session)
    {
        context.RequestServices.GetRequiredService<SessionCache>().Forget(session.Id);
        context.Features.Set(new SessionEnd(session.Id, Reason: null));
        return context.SignInRequiredAsync();
    }

    /// <param name="Now">By the clock of the times.</param>
    /// <param name="Sessions">The one that asks, then the newest.</param>
    /// <param name="More">There are more than <see cref="MaxListed"/>.</param>
    private sealed record UserSessions(DateTimeOffset Now, IReadOnlyList<UserSessionView> Sessions, bool More);

    private sealed record UserSessionView(
        string Handle, bool Current, string FrontEnd, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt, DateTimeOffset EndsAt)
    {
        /// <param name="session">Which.</param>
        /// <param name="current">The one that asks.</param>
        /// <param name="frontEnd">Its front end, while there is one.</param>
        /// <param name="now">The time.</param>
        public static UserSessionView Of(UserSession session, Session current, FrontEnd? frontEnd, DateTimeOffset now)
        {
            // Each use, to the minute, moves the end that far ahead of it, unless the absolute end is nearer.
            var usedAt = frontEnd is null || session.EndsAt >= session.AbsoluteEndsAt ? (DateTimeOffset?)null : session.EndsAt - frontEnd.IdleTimeout;
            if (usedAt < session.CreatedAt || usedAt > now) { usedAt = null; }   // the timeout was another one then
            return new($"{session.Id}", session.Id == current.Id, session.FrontEnd, session.CreatedAt, usedAt, session.EndsAt);
        }
    }
}
