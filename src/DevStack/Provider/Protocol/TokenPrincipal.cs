using System.Security.Claims;
using DevStack.Provider.Users;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace DevStack.Provider.Protocol;

/// <summary>What a grant's tokens say: who, which scopes, for which API, and which claim goes into the ID token.</summary>
internal static class TokenPrincipal
{
    /// <param name="user">Whose tokens.</param>
    /// <param name="scopes">What they are for.</param>
    /// <param name="audience">The API.</param>
    /// <param name="signedInAt">In seconds since 1970: <c>auth_time</c>.</param>
    public static ClaimsPrincipal Create(DemoUser user, IEnumerable<string> scopes, string audience, long? signedInAt)
    {
        var identity = new ClaimsIdentity(TokenValidationParameters.DefaultAuthenticationType, Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, user.UserName)
            .SetClaim(Claims.Name, user.Name)
            .SetClaim(Claims.PreferredUsername, user.UserName)
            .SetClaim(Claims.Email, user.Email)
            .SetClaim(Claims.AuthenticationTime, signedInAt)
            .SetScopes(user.Grantable(scopes))
            .SetResources(audience)
            .SetDestinations(claim => DestinationsOf(claim, identity));
        return new ClaimsPrincipal(identity);
    }

    /// <summary>Nobody's but the client's own: its id stands for the user (RFC 9068 section 2.2).</summary>
    public static ClaimsPrincipal OfClient(string clientId, IEnumerable<string> scopes, string audience)
    {
        var identity = new ClaimsIdentity(TokenValidationParameters.DefaultAuthenticationType, Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, clientId).SetScopes(scopes).SetResources(audience);
        return new ClaimsPrincipal(identity);
    }

    private static string[] DestinationsOf(Claim claim, ClaimsIdentity identity) => claim.Type switch
    {
        Claims.Name or Claims.PreferredUsername when identity.HasScope(Scopes.Profile) => [Destinations.IdentityToken],
        Claims.AuthenticationTime => [Destinations.IdentityToken],
        Claims.Email when identity.HasScope(Scopes.Email) => [Destinations.IdentityToken],
        _ => [],
    };
}
