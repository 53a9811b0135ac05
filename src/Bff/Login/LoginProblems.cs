namespace Bff.Login;

internal static class LoginProblems
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(5);

    public static readonly Problem InvalidReturnUrl = new(
        StatusCodes.Status400BadRequest, "invalid_return_url", "This return URL is not allowed.", "Use a path on this host, or a page under one of Bff:Spa:Origins.");

    public static readonly Problem ProviderUnavailable = new(
        StatusCodes.Status503ServiceUnavailable, "provider_unavailable", "The sign-in service cannot be reached.", "Nothing is lost; try again in a moment.", Retry);

    public static readonly Problem Busy = new(
        StatusCodes.Status503ServiceUnavailable, "busy", "Too many sign-ins are under way.", "Nothing is lost; try again in a moment.", Retry);

    public static readonly Problem InvalidState = new(
        StatusCodes.Status400BadRequest, "invalid_state", "This sign-in was not started by this browser, or too long ago.", "Start again at /bff/login.");

    public static readonly Problem SignInFailed = new(
        StatusCodes.Status400BadRequest, "sign_in_failed", "The provider's answer could not be accepted.", "Start again at /bff/login; the log of the proxy says what was wrong.");

    public static readonly Problem ProviderRefusesUs = new(
        StatusCodes.Status502BadGateway, "provider_refuses_client", "The sign-in service refuses this application.", "Its operator must check Bff:Oidc and the client's registration.");

    public static readonly Problem WrongSid = new(
        StatusCodes.Status400BadRequest, "invalid_sid", "This sign-out link is not for your session.", "Use bff:logout_url from /bff/user, or logoutUrl from /bff/session.");
}
