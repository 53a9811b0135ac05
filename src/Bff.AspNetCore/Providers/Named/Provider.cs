using Bff.Providers.ClientAuthentication;
using Bff.Providers.Metadata;
using Bff.Providers.Throttling;
using Bff.Providers.TokenEndpoint;
using Microsoft.IdentityModel.Tokens;

namespace Bff.Providers.Named;

/// <summary>One provider, with everything that belongs to it alone: an outage or an error of another is none of its business.</summary>
/// <param name="Registration">Our client there.</param>
/// <param name="Metadata">What it says of itself, and its keys.</param>
/// <param name="Authenticator">Says there who we are.</param>
/// <param name="Gate">Who may call it now.</param>
/// <param name="IdTokens">Validates its ID tokens.</param>
/// <param name="LogoutTokens">Validates its logout tokens.</param>
/// <param name="TokenEndpoint">Refreshes and revokes.</param>
/// <param name="SignIn">The calls of a sign-in.</param>
/// <param name="UserInfo">Asks what the ID token does not say.</param>
/// <param name="Claims">What becomes of all that in a session.</param>
internal sealed record Provider(
    ClientRegistration Registration, ProviderMetadata Metadata, ClientAuthenticator Authenticator, TokenCallGate Gate, IdTokenValidator IdTokens,
    LogoutTokenValidator LogoutTokens, TokenEndpointClient TokenEndpoint, SignInClient SignIn, UserInfoClient UserInfo, UserClaims Claims)
{
    public string Name => Registration.Name;

    public OidcOptions Options => Registration.Options;

    /// <summary>Of an authorization response that is a token.</summary>
    public Task<TokenValidationResult> ValidateResponseAsync(string token, CancellationToken cancellationToken) =>
        IdTokens.ValidateResponseAsync(token, cancellationToken);

    /// <summary>A record prints its members, and settings hold secrets.</summary>
    public override string ToString() => Name;
}
