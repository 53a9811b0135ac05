using Bff.FrontEnds;
using Bff.Providers;
using Bff.Providers.Named;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using Bff.Sessions.Store;
using Microsoft.AspNetCore.Authentication;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Login;

/// <summary>
/// Ends the session here, then signs out at the provider (OpenID Connect RP-Initiated Logout 1.0), as far as it can be reached. The refresh token is revoked
/// meanwhile, as after every end of a session; nobody waits for it.
/// </summary>
internal static class LogoutEndpoint
{
    /// <summary>A link or a form of the page: needs the session's own <c>sid</c>, which no other site knows.</summary>
    public static async Task<IResult> HandleNavigation(HttpContext context, ReturnUrls returnUrls, string? sid, string? returnUrl)
    {
        if (!returnUrls.TryResolve(returnUrl, out var target)) { return LoginProblems.InvalidReturnUrl(context); }
        if (Initiator.IsSpeculative(context.Request)) { return LoginProblems.NotAhead; }
        if (context.GetSession() is not { } session)
        {
            // Any response but that to a wrong sid would tell anybody else that nobody is signed in.
            if (!Initiator.IsOurs(context.Request, returnUrls)) { return LoginProblems.WrongSid; }
            ClearSiteData.Ask(context);
            return Results.Redirect(target);
        }

        if (sid != session.Sid) { return LoginProblems.WrongSid; }
        return await EndAsync(context, session, target) ? Results.Empty : Results.Redirect(target);
    }

    /// <summary>For a script of the page (CSRF header): the response says where to go, since a fetch cannot navigate.</summary>
    public static async Task<IResult> HandlePost(HttpContext context, ReturnUrls returnUrls, string? returnUrl)
    {
        if (!returnUrls.TryResolve(returnUrl, out var target)) { return LoginProblems.InvalidReturnUrl(context); }
        var location = target;
        if (context.GetSession() is null) { ClearSiteData.Ask(context); }
        if (context.GetSession() is { } session && await EndAsync(context, session, target))
        {
            location = context.Response.Headers.Location.ToString();
            context.Response.Headers.Remove("Location");
        }

        return OwnJson.Ok(new { location });
    }

    /// <returns>True when the response now redirects to the provider; false when it offers no sign-out or cannot be reached.</returns>
    private static async Task<bool> EndAsync(HttpContext context, Session session, string target)
    {
        // Here first: whatever the provider does, the session is over. After it nobody has the ID token any longer.
        var provider = context.RequestServices.GetRequiredService<ProviderSet>()[session.Provider];
        var idToken = await FindIdTokenAsync(context, provider, session.Id);
        await context.SignOutAsync(SessionAuthentication.Scheme);
        ClearSiteData.Ask(context);
        return await RedirectAsync(context, provider, target, idToken);
    }

    /// <summary>Null when it is not to be sent. Local copies are without it.</summary>
    private static async Task<string?> FindIdTokenAsync(HttpContext context, Provider provider, SessionId id)
    {
        if (provider.Options.EffectiveIdTokenHint == IdTokenHint.Never) { return null; }
        try
        {
            var store = context.RequestServices.GetRequiredService<ISessionStore>();
            return (await store.FindAsync(id, CancellationToken.None))?.Tokens?.IdToken;   // who goes away meanwhile is signed out all the same
        }
        catch (SessionStoreException)
        {
            return null;
        }
    }

    private static async Task<bool> RedirectAsync(HttpContext context, Provider provider, string target, string? idToken)
    {
        try
        {
            var metadata = await provider.Metadata.GetConfigurationAsync(context.RequestAborted);
            if (string.IsNullOrEmpty(metadata.EndSessionEndpoint) && string.IsNullOrEmpty(provider.Options.Logout.Address)) { return false; }
            var properties = new AuthenticationProperties { RedirectUri = target };
            properties.SetParameter(OpenIdConnectParameterNames.IdTokenHint, idToken);
            await context.SignOutAsync(OidcScheme.Of(provider.Name), properties);
            return true;
        }
        catch (ProviderUnavailableException)
        {
            return false;
        }
    }
}
