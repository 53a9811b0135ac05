using Bff.Providers;
using Bff.Providers.Named;
using Bff.Providers.TokenEndpoint;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using Bff.Sessions.Store;
using Microsoft.AspNetCore.Authentication;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Bff.Login;

/// <summary>A sign-in that fails when its code has been redeemed already leaves a refresh token that nobody will use.</summary>
internal sealed class UnusedTokens(ISessionStore store, TimeProvider clock)
{
    /// <param name="context">The callback.</param>
    /// <param name="provider">That has given the token.</param>
    /// <param name="properties">Of the flow; null when they could not be read.</param>
    /// <param name="failure">What the sign-in failed by; null where it failed after its tokens were accepted.</param>
    public async Task RevokeAsync(HttpContext context, Provider provider, AuthenticationProperties? properties, Exception? failure = null)
    {
        var progress = SignInProgress.Of(context);
        if ((progress.RefreshToken ?? (failure as SignInCallException)?.RefreshToken) is not { Length: > 0 } refreshToken) { return; }
        var known = SignInProgress.Named(properties, SessionAuthentication.Continues) ?? SignInProgress.Named(properties, SessionAuthentication.Replaces);
        var now = clock.GetUtcNow();
        try
        {
            await store.RevokeLaterAsync(
                known is null ? SessionKey.New().Id : new SessionId(known), provider.Name, UnverifiedSubject(progress.IdToken),
                new TokenSet("", refreshToken, IdToken: null, Scope: null, now, now), ended: false, CancellationToken.None);
        }
        catch (SessionStoreException)
        {
            RevokeNow(provider, properties, refreshToken);   // and the page still learns what became of its sign-in
        }
    }

    /// <summary>
    /// The store that would remember the revocation is the one that failed, so this is tried once and nobody waits for it. Not for a renewal of a session:
    /// whether the store took its tokens before it failed is not known.
    /// </summary>
    public static void RevokeNow(Provider provider, AuthenticationProperties? properties, string? refreshToken)
    {
        if (!string.IsNullOrEmpty(refreshToken) && SignInProgress.Named(properties, SessionAuthentication.Continues) is null)
        {
            _ = provider.TokenEndpoint.RevokeAsync(refreshToken);
        }
    }

    /// <summary>Good enough to let a revocation wait for that user's sessions; nothing else may believe it.</summary>
    private static string? UnverifiedSubject(string? idToken)
    {
        try
        {
            return idToken is { Length: > 0 } && new JsonWebToken(idToken).Subject is { Length: > 0 } subject ? subject : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
