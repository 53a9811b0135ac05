using Microsoft.IdentityModel.Tokens;

namespace Bff.Providers.Metadata;

/// <summary>A token of the provider is not believed.</summary>
/// <param name="why">A sentence of ours, free of anything the token says.</param>
internal sealed class TokenRefusedException(string why) : SecurityTokenValidationException(why)
{
    /// <summary>The token is good, and somebody else's: of another issuer.</summary>
    public bool IsOfAnotherIssuer { get; init; }

    /// <summary>Nobody can say: it names a key that is not known, and the keys must not be fetched for it now.</summary>
    public bool IsForWantOfKeys { get; init; }
}
