using Bff.FrontEnds;
using Bff.Providers.Named;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.WebUtilities;

namespace Bff.Login;

/// <summary><c>GET /bff/login</c>: to the provider, and back to the return URL with a session.</summary>
internal static class LoginEndpoint
{
    /// <summary>The browser was here a moment ago. Anybody can write that, so it only keeps the step from being taken for ever.</summary>
    private const string Again = "again";

    /// <summary>For the step that a page of our own goes on by itself.</summary>
    private static readonly TimeSpan StepTime = TimeSpan.FromMinutes(2);

    public static async Task<IResult> Handle(
        HttpContext context, ReturnUrls returnUrls, LoginParameters allowed, ProviderSet providers, string? returnUrl, string? provider)
    {
        if (!returnUrls.TryResolve(returnUrl, out var target)) { return LoginProblems.InvalidReturnUrl(context); }
        if (Initiator.IsSpeculative(context.Request)) { return LoginProblems.NotAhead; }
        if (Initiator.IsForeignPage(context.Request, returnUrls)) { return LoginProblems.Refused(context, silent: false); }
        if (OidcChallenge.Choose(context, providers, provider) is not { } chosen) { return LoginProblems.UnknownProvider; }
        if (allowed.TryRead(context.Request.Query, chosen, out var parameters) is { } problem) { return problem; }
        if (IsCookieWithheld(context))
        {
            var request = context.Request;
            if (request.Query.ContainsKey(Again)) { return LoginProblems.CookiesMissing; }
            StepCookie.Set(context, CookieNames.Step, SameSiteMode.Strict, StepTime);
            return new ContinuePage(QueryHelpers.AddQueryString(request.PathBase + request.Path + request.QueryString, Again, "1"));
        }

        // A link led to a page behind the sign-in, and the step from our own page has shown that the user is signed in.
        var session = context.GetSession();
        var isIn = session is not null && context.Request.Query.ContainsKey(Again) && parameters.Count == 0
            && (string.IsNullOrEmpty(provider) || provider == session.Provider);
        if (isIn && PageBehindSignIn.IsAt(context, target)) { return Results.Redirect(target); }

        var properties = new OpenIdConnectChallengeProperties
        {
            RedirectUri = target,
            Parameters = { [LoginParameters.Key] = parameters },
        };
        LoginParameters.Keep(parameters, properties);
        if (session is not null) { properties.Items[SessionAuthentication.Replaces] = session.Id.Value; }
        return await OidcChallenge.SendAsync(context, chosen, properties);
    }

    /// <summary>
    /// A link on another site's page brings no <c>SameSite=Strict</c> cookie, so the session that this sign-in replaces would not be known, and would live on.
    /// The step from a page of our own brings it. That it was taken is known by a cookie of the same kind, even when something in front of us calls every
    /// request cross-site: what it comes with, the session's would have come with, too, and no other site's page can have it sent.
    /// </summary>
    private static bool IsCookieWithheld(HttpContext context) =>
        context.GetSession() is null && Initiator.IsTab(context.Request) && context.Request.Headers["Sec-Fetch-Site"] == "cross-site"
        && context.GetFrontEnd().CookieSameSite == SameSiteMode.Strict && !StepCookie.Has(context, CookieNames.Step);
}
