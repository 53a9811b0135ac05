using Bff.FrontEnds;
using Bff.Guard;
using Bff.Sessions;

namespace Bff.Login;

internal static class LoginProblems
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(5);

    public static readonly Problem UnknownProvider = new(
        StatusCodes.Status400BadRequest, "unknown_provider", "There is no sign-in service of this name here.",
        "Leave 'provider' out, or use one that this front end has.");

    public static readonly Problem ProviderUnavailable = new(
        StatusCodes.Status503ServiceUnavailable, "provider_unavailable", "The sign-in service cannot be reached.", "Nothing is lost; try again in a moment.",
        Retry);

    public static readonly Problem Busy = new(
        StatusCodes.Status503ServiceUnavailable, "busy", "Too many sign-ins are in progress.", "Nothing is lost; try again in a moment.", Retry);

    public static readonly Problem InvalidState = new(
        StatusCodes.Status400BadRequest, "invalid_state", "This sign-in was not started by this browser, was used before, or began too long ago.",
        "Start again at /bff/login.");

    public static readonly Problem StoreUnavailable = new(
        StatusCodes.Status503ServiceUnavailable, "store_unavailable", "Signing in is not possible at the moment.", "Nothing is lost; try again in a moment.",
        SessionStoreException.RetryAfter);

    /// <summary>The program around us could not add what it knows of the user.</summary>
    public static readonly Problem ClaimsUnavailable = new(
        StatusCodes.Status503ServiceUnavailable, "claims_unavailable", "Signing in is not possible at the moment.",
        "Nothing is lost; try again in a moment. The log says what was wrong.", Retry);

    public static readonly Problem TooManySessions = new(
        StatusCodes.Status409Conflict, "too_many_sessions", "You are signed in at as many places as you may be.",
        "Sign out somewhere else, or wait until a session there has ended; then sign in again.");

    /// <summary>Either the browser keeps none, or another site's page pretends to be the step from ours: a click on the link is one.</summary>
    public static readonly Problem CookiesMissing = new(
        StatusCodes.Status400BadRequest, "cookies_missing", "Your browser sent no cookies of this site.",
        "Sign in again; if this page comes back, allow cookies for this site first.");

    public static readonly Problem SignInFailed = new(
        StatusCodes.Status400BadRequest, "sign_in_failed", "The provider's response could not be accepted.",
        "Start again at /bff/login; the log of the proxy says what was wrong.");

    public static readonly Problem SignedOutMeanwhile = new(
        StatusCodes.Status400BadRequest, "signed_out_meanwhile", "You were signed out at the sign-in service while you signed in.",
        "Start again at /bff/login.");

    public static readonly Problem LogoutNotPossible = new(
        StatusCodes.Status503ServiceUnavailable, "logout_not_possible", "Nobody can be signed out at the moment.", "Send the same logout token again.", Retry);

    public static readonly Problem InvalidLogout = new(
        StatusCodes.Status400BadRequest, "invalid_logout", "This is not a sign-out by a sign-in service that is known here.",
        "It needs 'iss' and 'sid', each once.");

    public static readonly Problem NotFramed = InvalidLogout with { Detail = "It belongs into a frame of the sign-in service's own page." };

    public static readonly Problem ProviderRefusesUs = new(
        StatusCodes.Status502BadGateway, "provider_refuses_client", "The sign-in service refuses this application.",
        "Its operator must check the provider's settings and the client's registration there; the log says what is wrong.");

    /// <summary>A browser discards it and sends a real request when the user navigates.</summary>
    public static readonly Problem NotAhead = new(
        StatusCodes.Status503ServiceUnavailable, "not_ahead_of_time", "This link cannot be prefetched.", "Follow the link.");

    public static readonly Problem WrongSid = new(
        StatusCodes.Status400BadRequest, "invalid_sid", "This sign-out link is not for a session of yours.",
        "Use bff:logout_url from /bff/user, or logoutUrl from /bff/session.");

    public static Problem InvalidReturnUrl(HttpContext context) => new(
        StatusCodes.Status400BadRequest, "invalid_return_url", "This return URL is not allowed.",
        $"Use a path on this host, or a page under one of {context.GetFrontEnd().Section}:Origins.");

    /// <param name="code">The provider's word, which is a plain one.</param>
    public static Problem RefusedByProvider(string code) => new(
        StatusCodes.Status403Forbidden, "sign_in_refused", "The sign-in service did not sign you in.", $"Its reason: {code}.");

    private static Problem ForeignPage(FrontEnd frontEnd) => new(
        StatusCodes.Status403Forbidden, "foreign_page", "A page that is not an allowed front end cannot begin a sign-in in a frame.",
        $"Pages of {frontEnd.Section}:Origins can, if they send a Referer: <iframe referrerpolicy=\"origin\">.");

    /// <summary>Counts and reports a sign-in that a foreign page began: a front end that hides its Referer looks like one.</summary>
    public static Problem Refused(HttpContext context, bool silent)
    {
        var frontEnd = context.GetFrontEnd();
        var problem = ForeignPage(frontEnd);
        context.RequestServices.GetRequiredService<LoginMetrics>().Failed(problem.Code, silent, frontEnd, frontEnd.Providers[0]);
        context.RequestServices.GetRequiredService<Refusals>().Count(
            context, problem.Code, "a front end that sends no Referer needs <iframe referrerpolicy=\"origin\">");
        return problem;
    }
}
