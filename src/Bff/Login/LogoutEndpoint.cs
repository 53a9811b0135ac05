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
    /// <summary>The browser waits this long for the revocation; it goes on without it.</summary>
    private static readonly TimeSpan RevocationPatience = TimeSpan.FromSeconds(2);

    /// <summary>A link or a form of the page: needs the session's own <c>sid</c>, which no other site knows.</summary>
    public static async Task<IResult> HandleNavigation(HttpContext context, ReturnUrls returnUrls, TokenEndpointClient tokens, string? sid, string? returnUrl)
    {
        if (!returnUrls.TryResolve(returnUrl, out var target)) { return LoginProblems.InvalidReturnUrl; }
        if (Initiator.IsSpeculative(context.Request)) { return LoginProblems.NotAhead; }
        if (context.GetSession() is not { } session)
        {
            // Anybody else would learn from another answer than the one to a wrong sid that nobody is signed in.
            return Initiator.IsOurs(context.Request, returnUrls) ? Results.Redirect(target) : LoginProblems.WrongSid;
        }

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
        // Fresh from the store: another node may have renewed a moment ago, and the refresh token to revoke is the newest.
        session = await context.RequestServices.GetRequiredService<ISessionStore>().FindAsync(session.Id, CancellationToken.None) ?? session;

        // Here first: whatever the provider does, the session is over. (Authentication is done once a request, so an id_token_hint can still be read.)
        await context.SignOutAsync(SessionAuthentication.Scheme);
        var revocation = session.Tokens?.RefreshToken is { } refreshToken ? tokens.RevokeAsync(refreshToken) : Task.CompletedTask;
        var redirected = await RedirectAsync(context, target);
        await Task.WhenAny(revocation, Task.Delay(RevocationPatience, context.RequestServices.GetRequiredService<TimeProvider>()));
        return redirected;
    }

    private static async Task<bool> RedirectAsync(HttpContext context, string target)
    {
        try
        {
            var provider = await context.RequestServices.GetRequiredService<Provider>().GetConfigurationAsync(context.RequestAborted);
            if (string.IsNullOrEmpty(provider.EndSessionEndpoint)) { return false; }
            await context.SignOutAsync(OpenIdConnectDefaults.AuthenticationScheme, new AuthenticationProperties { RedirectUri = target });
            return true;
        }
        catch (ProviderUnavailableException)
        {
            return false;
        }
    }
}
