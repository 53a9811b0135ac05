using Bff.Sessions;
using Bff.Tokens;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;

namespace Bff.Login;

/// <summary>
/// Ends the session here, revokes the refresh token (RFC 7009), then signs out at the provider (OpenID Connect RP-Initiated Logout 1.0).
/// The first part never waits for the other two to succeed.
/// </summary>
internal static class LogoutEndpoint
{
    /// <summary>A link or a form of the page: needs the session's own <c>sid</c>, which no other site knows.</summary>
    public static async Task<IResult> HandleNavigation(HttpContext context, ReturnUrls returnUrls, TokenEndpointClient tokens, string? sid, string? returnUrl)
    {
        if (!returnUrls.TryResolve(returnUrl, out var target)) { return LoginProblems.InvalidReturnUrl; }
        if (context.GetSession() is not { } session) { return Results.Redirect(target); }
        if (sid != session.Sid) { return LoginProblems.WrongSid; }
        return await EndAsync(context, session, tokens, target) ? Results.Empty : Results.Redirect(target);
    }

    /// <summary>A script of the page (CSRF header): answers where to go, since a fetch cannot navigate.</summary>
    public static async Task<IResult> HandlePost(HttpContext context, ReturnUrls returnUrls, TokenEndpointClient tokens, string? returnUrl)
    {
        if (!returnUrls.TryResolve(returnUrl, out var target)) { return LoginProblems.InvalidReturnUrl; }
        var location = target;
        if (context.GetSession() is { } session && await EndAsync(context, session, tokens, target))
        {
            location = context.Response.Headers.Location.ToString();
            context.Response.Headers.Remove("Location");
        }

        return Results.Ok(new { location });
    }

    /// <returns>True when the response now redirects to the provider; false when it offers no sign-out or cannot be reached.</returns>
    private static async Task<bool> EndAsync(HttpContext context, Session session, TokenEndpointClient tokens, string target)
    {
        var properties = new AuthenticationProperties { RedirectUri = target };
        var redirected = true;
        try
        {
            // First the redirect: it may read the session (id_token_hint). Nothing is sent before this method returns.
            await context.SignOutAsync(OpenIdConnectDefaults.AuthenticationScheme, properties);
        }
        catch (Exception error) when (OidcChallenge.IsProviderFault(error))
        {
            redirected = false;
        }

        await context.SignOutAsync(SessionAuthentication.Scheme);
        if (session.Tokens?.RefreshToken is { } refreshToken) { await tokens.RevokeAsync(refreshToken); }
        return redirected;
    }
}
