using Bff.Sessions;

namespace Bff.Login;

/// <summary>
/// <c>GET /bff/session</c>: who is signed in and until when; 200 also when nobody is, with the reason if a session of this browser has ended. Asking does not keep
/// the session alive unless <c>slide=true</c>.
/// </summary>
internal static class SessionEndpoint
{
    public static async Task<IResult> Handle(HttpContext context, IdleClock idle, TimeProvider clock, bool? slide)
    {
        var session = context.GetSession();
        if (session is not null && slide == true) { session = session with { EndsAt = await idle.SlideAsync(session) }; }
        var reason = session is null ? await context.FindEndReasonAsync() : null;
        return Results.Ok(SessionView.Of(session, clock.GetUtcNow(), context.Request.PathBase, reason));
    }
}
