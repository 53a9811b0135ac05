using System.Diagnostics;
using Bff.Sessions;

namespace Bff.Renewal;

/// <summary><c>POST /bff/renew</c>: renew now. Answers like <c>/bff/session</c>.</summary>
internal static class RenewEndpoint
{
    public static async Task<IResult> Handle(HttpContext context, Renewer renewer, TimeProvider clock)
    {
        if (context.GetSession() is not { } session) { return Problem.SignInRequired; }
        return await renewer.RenewNowAsync(session, context.RequestAborted) switch
        {
            Usable renewed => Results.Ok(SessionView.Of(renewed.Session, clock.GetUtcNow(), context.Request.PathBase)),
            Ended => RenewalProblems.SessionEnded,
            NotRenewable => new Problem(
                StatusCodes.Status409Conflict, "renewal_not_possible", "This session has no refresh token.", "Renew it through /bff/silent-login."),
            Unreachable down => RenewalProblems.ProviderUnavailable(down.RetryAfter),
            _ => throw new UnreachableException(),
        };
    }
}

/// <summary>The same words wherever a token cannot be had.</summary>
internal static class RenewalProblems
{
    public static readonly Problem SessionEnded = new(
        StatusCodes.Status401Unauthorized, "session_ended", "Your session is over.", "The provider no longer renews it; sign in again at /bff/login.");

    public static readonly Problem TokenExpired = new(
        StatusCodes.Status401Unauthorized, "token_expired", "The access token has expired.", "This session has no refresh token; renew it through /bff/silent-login.");

    public static Problem ProviderUnavailable(TimeSpan retryAfter) => new(
        StatusCodes.Status503ServiceUnavailable, "provider_unavailable", "The sign-in service cannot be reached.", "You stay signed in; try again shortly.", retryAfter);
}
