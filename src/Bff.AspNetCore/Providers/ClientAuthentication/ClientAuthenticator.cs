using System.Net.Http.Headers;
using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Bff.Providers.ClientAuthentication;

/// <summary>Says at one provider who we are, for every call that has to: token, revocation and pushed authorization requests.</summary>
internal sealed class ClientAuthenticator(ClientRegistration registration, TimeProvider clock)
{
    private const string AssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    /// <summary>For one call, which takes seconds.</summary>
    private static readonly TimeSpan AssertionLifetime = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan SecretLifetime = TimeSpan.FromMinutes(5);

    private volatile ReadKey? _key;

    private sealed record ReadKey(string Text, ClientKey Key);

    /// <summary>For one call with the metadata of now. An assertion is good once.</summary>
    public ClientProof Prove(OpenIdConnectConfiguration metadata)
    {
        var options = registration.Options;
        return Prove(metadata, options, ClientMethods.Choose(options, metadata.TokenEndpointAuthMethodsSupported), secret: null);
    }

    /// <param name="metadata">The provider's.</param>
    /// <param name="method">Not the one of the configuration, perhaps.</param>
    /// <param name="secret">To use instead of ours.</param>
    public ClientProof Prove(OpenIdConnectConfiguration metadata, ClientAuthenticationMethod method, string? secret = null) =>
        Prove(metadata, registration.Options, method, secret);

    private ClientProof Prove(OpenIdConnectConfiguration metadata, OidcOptions options, ClientAuthenticationMethod method, string? secret)
    {
        var id = options.ClientId;
        return method switch
        {
            ClientAuthenticationMethod.ClientSecretBasic => new(Basic(id, secret ?? Secret(metadata, options)), new Dictionary<string, string>()),
            ClientAuthenticationMethod.ClientSecretPost => WithId(id, ("client_secret", secret ?? Secret(metadata, options))),
            ClientAuthenticationMethod.PrivateKeyJwt =>
                WithId(id, ("client_assertion_type", AssertionType), ("client_assertion", Assertion(metadata, options))),
            _ => WithId(id),   // RFC 8705 section 2; RFC 6749 section 3.2.1
        };
    }

    private static ClientProof WithId(string id, params (string Name, string Value)[] fields)
    {
        var all = fields.ToDictionary(field => field.Name, field => field.Value);
        all["client_id"] = id;
        return new(null, all);
    }

    /// <summary>RFC 6749 section 2.3.1: both are form-encoded first, so that a colon in the id, or a letter of another alphabet, comes through.</summary>
    private static AuthenticationHeaderValue Basic(string id, string secret) =>
        new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{FormEncoded(id)}:{FormEncoded(secret)}")));

    private static string FormEncoded(string value) => Uri.EscapeDataString(value).Replace("%20", "+", StringComparison.Ordinal);

    private string Secret(OpenIdConnectConfiguration metadata, OidcOptions options)
    {
        if (!options.ClientSecretFromKey.IsInUse) { return options.Secret; }
        var key = Key(options);
        return key.Sign(
            Token(options.ClientSecretFromKey.Issuer!, options.ClientId, options.ClientSecretFromKey.Audience, SecretLifetime),
            key.Choose(options.ClientKeyAlgorithm, metadata.TokenEndpointAuthSigningAlgValuesSupported),
            options.ClientKeyId);
    }

    private string Assertion(OpenIdConnectConfiguration metadata, OidcOptions options)
    {
        var isForEndpoint = options.ClientAssertionAudience == AssertionAudience.TokenEndpoint || options.Issuers is not null;
        var token = Token(options.ClientId, options.ClientId, isForEndpoint ? metadata.TokenEndpoint : metadata.Issuer, AssertionLifetime);
        token.Claims[JwtRegisteredClaimNames.Jti] = Base64UrlEncoder.Encode(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));
        var key = Key(options);
        return key.Sign(token, key.Choose(options.ClientKeyAlgorithm, metadata.TokenEndpointAuthSigningAlgValuesSupported), options.ClientKeyId);
    }

    private SecurityTokenDescriptor Token(string issuer, string subject, string audience, TimeSpan lifetime)
    {
        var now = clock.GetUtcNow();
        return new()
        {
            Issuer = issuer,
            Audience = audience,
            IssuedAt = now.UtcDateTime,
            Expires = (now + lifetime).UtcDateTime,
            Claims = new Dictionary<string, object> { [JwtRegisteredClaimNames.Sub] = subject },
        };
    }

    private ClientKey Key(OidcOptions options)
    {
        if (_key is { } known && known.Text == options.ClientKey) { return known.Key; }
        var read = new ReadKey(options.ClientKey!, ClientKey.Read(options.ClientKey!));
        _key = read;
        return read.Key;
    }
}
