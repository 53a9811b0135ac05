using Bff.Providers;
using Bff.Providers.Named;
using Bff.Providers.TokenEndpoint;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using Bff.Sessions.Store;
using Microsoft.AspNetCore.Authentication;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Bff.Login;

/// <summary>A sign-in that fails when its code has been redeemed already leaves tokens that nobody will use.</summary>
internal sealed class UnusedTokens(ISessionStore store, TimeProvider clock)
{
    /// <param name="context">The callback.</param>
    /// <param name="provider">That has given the tokens.</param>
    /// <param name="properties">Of the flow; null when they could not be read.</param>
    /// <param name="failure">What the sign-in failed by; null where it failed after its tokens were accepted.</param>
    public async Task RevokeAsync(HttpContext context, Provider provider, AuthenticationProperties? properties, Exception? failure = null)
    {
        var progress = SignInProgress.Of(context);
        progress.RefreshToken ??= (failure as SignInCallException)?.RefreshToken;
        if (string.IsNullOrEmpty(progress.RefreshToken) && AccessTokenOf(progress, provider) is null) { return; }
        var known = SignInProgress.Named(properties, SessionAuthentication.Continues) ?? SignInProgress.Named(properties, SessionAuthentication.Replaces);
        var now = clock.GetUtcNow();

        // Who is signed out at the provider wants this to end, whatever else it ends.
        var isNobodys = failure is SignInRefusedException { Error: SignInFailure.SignedOutMeanwhile };
        try
        {
            await store.RevokeLaterAsync(
                known is null || isNobodys ? SessionKey.New().Id : new SessionId(known), provider.Name,
                isNobodys ? null : UnverifiedSubject(progress.IdToken), TokensOf(progress, provider, now), ended: false, CancellationToken.None);
        }
        catch (SessionStoreException)
        {
            RevokeNow(provider, properties, progress);   // and the page still learns what became of its sign-in
        }
    }

    /// <summary>
    /// The store that would remember the revocation is the one that failed, so this is tried once and nobody waits for it. Not for a renewal of a session:
    /// whether the store took its tokens before it failed is not known.
    /// </summary>
    public static void RevokeNow(Provider provider, AuthenticationProperties? properties, SignInProgress progress)
    {
        if (SignInProgress.Named(properties, SessionAuthentication.Continues) is not null) { return; }
        if (progress.RefreshToken is { Length: > 0 } refreshToken)
        {
            _ = provider.TokenEndpoint.RevokeAsync(refreshToken, TokenEndpointClient.RefreshTokenHint);
        }

        if (AccessTokenOf(progress, provider) is { } accessToken)
        {
            _ = provider.TokenEndpoint.RevokeAsync(accessToken, TokenEndpointClient.AccessTokenHint);
        }
    }

    private static TokenSet TokensOf(SignInProgress progress, Provider provider, DateTimeOffset now) => new(
        AccessTokenOf(progress, provider) ?? "", string.IsNullOrEmpty(progress.RefreshToken) ? null : progress.RefreshToken, IdToken: null, Scope: null, now,
        progress.AccessTokenExpiresAt);

    /// <summary>Null where it is not to be revoked.</summary>
    private static string? AccessTokenOf(SignInProgress progress, Provider provider) =>
        provider.Options.RevokeAccessTokens && progress.AccessToken is { Length: > 0 } accessToken ? accessToken : null;

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
