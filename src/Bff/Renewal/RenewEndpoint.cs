using System.Diagnostics;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using static Bff.Renewal.RenewalResult;

namespace Bff.Renewal;

/// <summary><c>POST /bff/renew</c>: renew now. Answers like <c>/bff/session</c>.</summary>
internal static class RenewEndpoint
{
    public static async Task<IResult> Handle(HttpContext context, Renewer renewer, TimeProvider clock)
    {
        if (context.GetSession() is not { } session) { return await context.SignInRequiredAsync(); }
        return await renewer.RenewNowAsync(session, context.RequestAborted) switch
        {
            Usable renewed => Results.Ok(SessionView.Of(renewed.Session, clock.GetUtcNow(), context.Request.PathBase)),
            Ended ended => RenewalProblems.SessionEnded with { Reason = ended.Reason ?? await context.FindEndReasonAsync(session.Id) },
            NotRenewable => RenewalProblems.NotRenewable,
            SignInNeeded => RenewalProblems.SignInNeeded,
            ClientRefused refused => RenewalProblems.ProviderRefusesClient(refused.RetryAfter),
            StoreUnavailable => SessionStoreException.Problem,
            Unreachable down => RenewalProblems.ProviderUnavailable(down.RetryAfter),
            _ => throw new UnreachableException(),
        };
    }
}
