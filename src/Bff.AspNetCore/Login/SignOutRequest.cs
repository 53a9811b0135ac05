using Bff.Providers;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Login;

/// <summary>The request that signs a user out at the provider, in the words it knows.</summary>
internal static class SignOutRequest
{
    /// <summary>Characters of an address that every browser, proxy and provider takes; what a <c>Fit</c> hint has to fit into.</summary>
    private const int MaxAddress = 2000;

    /// <param name="message">With the address from the metadata, and where to come back to.</param>
    /// <param name="options">Of the provider.</param>
    /// <param name="idToken">The session's; null when it is not known or not to be sent.</param>
    /// <param name="state">That leads back to the page.</param>
    public static string AddressOf(OpenIdConnectMessage message, OidcOptions options, string? idToken, string state)
    {
        var logout = options.Logout;
        if (!string.IsNullOrEmpty(logout.Address)) { message.IssuerAddress = logout.Address; }
        message.ClientId = options.ClientId;
        if (logout.ReturnParameter == LogoutOptions.StandardReturn) { message.State = state; }
        else
        {
            // Providers with a word of their own do not know state, and some refuse what they do not know.
            message.SetParameter(logout.ReturnParameter, message.PostLogoutRedirectUri);
            message.PostLogoutRedirectUri = null;
        }

        foreach (var (name, value) in logout.Parameters) { message.SetParameter(name, value); }
        message.IdTokenHint = idToken;
        var address = message.CreateLogoutRequestUrl();
        if (idToken is null || options.EffectiveIdTokenHint != IdTokenHint.Fit || address.Length <= MaxAddress) { return address; }

        // RP-Initiated Logout 1.0 section 2: the provider asks the user when it needs to know more.
        message.IdTokenHint = null;
        message.SetParameter("logout_hint", LoginHintIn(idToken));
        return message.CreateLogoutRequestUrl();
    }

    /// <summary>What the provider itself calls a hint; an address or a name would stay in logs on the way.</summary>
    private static string? LoginHintIn(string idToken) => IdTokenClaims.TextOf(idToken, "login_hint");
}
