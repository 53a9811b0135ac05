using Bff.Sessions;
using Bff.Sessions.Authentication;

namespace Bff.Renewal;

/// <summary><c>POST /bff/renew</c>: renew now. Responds like <c>/bff/session</c>.</summary>
internal static class RenewEndpoint
{
    public static async Task<IResult> Handle(HttpContext context, Renewer renewer, TimeProvider clock)
    {
        if (context.GetSession() is not { } session) { return await context.SignInRequiredAsync(); }
        var result = await renewer.RenewNowAsync(session, context.RequestAborted);
        return result is RenewalResult.Usable renewed
            ? OwnJson.Ok(SessionView.Of(renewed.Session, clock.GetUtcNow(), context.Request.PathBase))
            : await RenewalProblems.OfAsync(context, session.Id, result);
    }
}
