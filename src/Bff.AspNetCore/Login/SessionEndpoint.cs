using Bff.Sessions;
using Bff.Sessions.Authentication;

namespace Bff.Login;

/// <summary>
/// <c>GET /bff/session</c>: who is signed in and until when; 200 also when nobody is, with the reason if a session of this browser has ended. Asking does not
/// keep the session alive unless <c>slide=true</c>.
/// </summary>
internal static class SessionEndpoint
{
    public static async Task<IResult> Handle(HttpContext context, SlidingExpiration idle, TimeProvider clock, bool? slide)
    {
        if (context.GetSession() is not { } session) { return Ended(await context.FindEndReasonAsync()); }
        if (slide == true)
        {
            if (await idle.SlideAsync(session, isShown: true) is not { } endsAt) { return Ended(await context.FindEndReasonAsync(session.Id)); }
            session = session with { EndsAt = endsAt };
        }

        return OwnJson.Ok(SessionView.Of(session, clock.GetUtcNow(), context.Request.PathBase));

        IResult Ended(string? reason) => OwnJson.Ok(SessionView.Of(session: null, clock.GetUtcNow(), context.Request.PathBase, reason));
    }
}
