using System.Globalization;
using Bff.Sessions;
using Bff.Sessions.Authentication;

namespace Bff.Login;

/// <summary><c>GET /bff/user</c>: the user's claims and three of our own. Keeps the session alive unless <c>slide=false</c>.</summary>
internal static class UserEndpoint
{
    public static async Task<IResult> Handle(HttpContext context, SlidingExpiration idle, TimeProvider clock, bool? slide)
    {
        if (context.GetSession() is not { } session) { return await context.SignInRequiredAsync(); }
        if ((slide == false ? session.EndsAt : await idle.SlideAsync(session, isShown: true)) is not { } endsAt)
        {
            return Problem.SignInRequired with { Reason = await context.FindEndReasonAsync(session.Id) };
        }

        var secondsLeft = (long)(endsAt - clock.GetUtcNow()).TotalSeconds;
        return OwnJson.Ok(session.Claims.Select(claim => new UserClaim(claim.Type, claim.Value)).Concat(
        [
            new UserClaim("bff:session_expires_in", secondsLeft.ToString(CultureInfo.InvariantCulture)),
            new UserClaim("bff:session_state", session.SessionState ?? ""),
            new UserClaim("bff:logout_url", SessionView.LogoutUrlOf(session, context.Request.PathBase)),
        ]));
    }

    private sealed record UserClaim(string Type, string Value);
}
