using Microsoft.IdentityModel.Tokens;

namespace Bff.Providers.Metadata;

/// <summary>A token of the provider is not believed.</summary>
/// <param name="why">A sentence of ours, free of anything the token says.</param>
internal sealed class TokenRefusedException(string why) : SecurityTokenValidationException(why)
{
    /// <summary>The token is good, and somebody else's: of another issuer.</summary>
    public bool IsOfAnotherIssuer { get; init; }
}
