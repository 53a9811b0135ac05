using Bff.Providers;
using Bff.Providers.ClientAuthentication;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Commands.Check;

/// <summary>
/// What the provider announces and Bff will not use, where an operator who reads the metadata would expect it to, and why not. None of it is wrong.
/// </summary>
internal sealed class UnusedMetadata(OpenIdConnectConfiguration metadata, OidcOptions options, string section)
{
    private readonly AnnouncedMembers _members = new(metadata);

    /// <summary>Null when there is nothing to say.</summary>
    public Finding? Explain()
    {
        var lines = Lines().ToList();
        return lines.Count == 0 ? null : new("not used", Result.Ok, string.Join('\n', lines));
    }

    private IEnumerable<string> Lines()
    {
        if (ClientMethods.UsesSecret(ClientMethods.Choose(options, metadata.TokenEndpointAuthMethodsSupported))
            && StrongerAuthentication() is { Count: > 0 } methods)
        {
            yield return $"client authentication {string.Join(", ", methods)}: announced, and stronger than a secret; "
                + $"{section}:ClientAuthentication turns them on";
        }

        if (!ResponseModes.IsSigned(options.ResponseMode) && metadata.ResponseModesSupported.Any(ResponseModes.IsSigned))
        {
            yield return $"signed responses (JARM): announced; {section}:ResponseMode turns them on";
        }

        var refused = metadata.IdTokenSigningAlgValuesSupported.Except(options.EffectiveSigningAlgorithms).ToList();
        if (refused.Count > 0 && refused.Count < metadata.IdTokenSigningAlgValuesSupported.Count)
        {
            yield return $"signing algorithms {string.Join(", ", refused)}: "
                + "ID tokens signed so are refused; the client's registration there must name another, or SigningAlgorithms list them";
        }

        if (Has("dpop_signing_alg_values_supported") && options.TokenType == TokenType.Bearer)
        {
            yield return $"DPoP (RFC 9449): announced; {section}:TokenType turns it on, where the APIs know it, too";
        }

        if (IsTrue("backchannel_logout_supported") && !options.BackChannelLogout)
        {
            yield return $"back-channel logout: announced; {section}:BackChannelLogout turns it on";
        }

        if (IsTrue("frontchannel_logout_supported") && !options.FrontChannelLogout)
        {
            yield return $"front-channel logout: announced; it is a GET without proof of who asks, so {section}:FrontChannelLogout is off";
        }

        if (IsTrue("request_parameter_supported") && string.IsNullOrEmpty(metadata.PushedAuthorizationRequestEndpoint))
        {
            yield return "request objects (RFC 9101): Bff sends plain parameters; pushed requests (RFC 9126) would protect them, and are used where announced";
        }

        if (Has("id_token_encryption_alg_values_supported") && string.IsNullOrEmpty(options.IdTokenDecryptionKey))
        {
            yield return $"encrypted ID tokens: a client that is registered with a key gets them; {section}:IdTokenDecryptionKey opens them";
        }

        if (string.IsNullOrEmpty(metadata.EndSessionEndpoint) && string.IsNullOrEmpty(options.Logout.Address))
        {
            yield return $"sign-out at the provider: no end_session_endpoint is announced, so users stay signed in there; see {section}:Logout:Address";
        }
    }

    private List<string> StrongerAuthentication() =>
        [.. metadata.TokenEndpointAuthMethodsSupported.Where(method => method is "private_key_jwt" or "tls_client_auth" or "self_signed_tls_client_auth")];

    private bool Has(string name) => _members.List(name).Count > 0;

    private bool IsTrue(string name) => _members.IsTrue(name);
}
