using System.Diagnostics;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using static Bff.Renewal.RenewalResult;

namespace Bff.Renewal;

/// <summary>The same responses wherever a token is needed and there is none.</summary>
internal static class RenewalProblems
{
    public static readonly Problem SessionEnded = new(
        StatusCodes.Status401Unauthorized, "session_ended", "Your session is over.", "The provider no longer renews it; sign in again at /bff/login.");

    public static readonly Problem TokenExpired = new(
        StatusCodes.Status401Unauthorized, "token_expired", "The access token has expired.",
        "It cannot be renewed in the background; renew it through /bff/silent-login, or sign in again at /bff/login.");

    public static readonly Problem SignInNeeded = new(
        StatusCodes.Status401Unauthorized, "login_required", "The sign-in service does not renew this session without its user.",
        "Try /bff/silent-login, or sign in again at /bff/login. Calls work until the access token expires.");

    public static readonly Problem NotRenewable = new(
        StatusCodes.Status409Conflict, "renewal_not_possible", "This session has no refresh token.", "Renew it through /bff/silent-login.");

    /// <summary>No token for this API, by the word of the provider. To ask again changes nothing, so there is no <c>Retry-After</c>.</summary>
    /// <param name="error">The provider's code, which is not a secret: the API's caller would see it, too.</param>
    /// <param name="isOfUser">About the user (RFC 9110 section 15.5.4), or about how the route, our client and the provider fit (15.6.3).</param>
    public static Problem ApiRefused(string error, bool isOfUser) => isOfUser
        ? new(
            StatusCodes.Status403Forbidden, "api_not_granted", "The sign-in service gives you no access to this API.",
            $"Its code is {error}. You stay signed in, and other APIs work.") { ProviderError = error }
        : new(
            StatusCodes.Status502BadGateway, "api_token_refused", "The sign-in service gives this application no token for this API.",
            $"Its code is {error}. You stay signed in, and other APIs work. The application's operator must act.") { ProviderError = error };

    /// <param name="context">The request that needs a token.</param>
    /// <param name="session">Whose.</param>
    /// <param name="result">Anything but <see cref="Usable"/>.</param>
    public static async Task<Problem> OfAsync(HttpContext context, SessionId session, RenewalResult result) => result switch
    {
        Ended ended => SessionEnded with { Reason = ended.Reason ?? await context.FindEndReasonAsync(session) },
        RenewalResult.NotRenewable => NotRenewable,
        RenewalResult.SignInNeeded => SignInNeeded,
        ClientRefused refused => ProviderRefusesClient(refused.RetryAfter),
        RenewalResult.ApiRefused refused => ApiRefused(refused.Error, refused.IsOfUser),
        StoreUnavailable => SessionStoreException.Problem,
        Unreachable down => ProviderUnavailable(down.RetryAfter),
        _ => throw new UnreachableException(),
    };

    /// <summary>The same for a call that goes on to an API: whatever may renew it in the page, its token has expired.</summary>
    /// <param name="context">The request that needs a token.</param>
    /// <param name="session">Whose.</param>
    /// <param name="result">Anything but <see cref="Usable"/>.</param>
    public static async ValueTask<Problem> OfCallAsync(HttpContext context, SessionId session, RenewalResult result) =>
        result is RenewalResult.NotRenewable or RenewalResult.SignInNeeded ? TokenExpired : await OfAsync(context, session, result);

    public static Problem ProviderUnavailable(TimeSpan retryAfter) => new(
        StatusCodes.Status503ServiceUnavailable, "provider_unavailable", "The sign-in service cannot be reached.",
        "You stay signed in; try again shortly.", retryAfter);

    public static Problem ProviderRefusesClient(TimeSpan retryAfter) => new(
        StatusCodes.Status502BadGateway, "provider_refuses_client", "The sign-in service does not accept this application.",
        "You stay signed in. The application's operator must act; the log says what is wrong.", retryAfter);
}
