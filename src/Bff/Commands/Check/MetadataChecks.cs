using System.Text.Json;
using Bff.Tokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Commands.Check;

/// <summary>
/// Compares what the provider announces with what Bff will do (OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2, RFC 9126 section 5, RFC 9101 section 10.5). A list that is not there says
/// nothing. What cannot work is a mistake; where providers are known to do more than they announce, it is a warning.
/// </summary>
internal static class MetadataChecks
{
    private const string ClientAuthentication = "client_secret_post";
    private const string ChallengeMethod = "S256";

    public static IEnumerable<Finding> Run(OpenIdConnectConfiguration metadata, OidcOptions options)
    {
        var found = Differences(metadata).ToList();
        if (found.Count == 0) { found.Add(new("metadata", Result.Ok, "offers what Bff asks for")); }
        return found.Append(Scopes(metadata, options));
    }

    private static IEnumerable<Finding> Differences(OpenIdConnectConfiguration metadata)
    {
        if (Lacks(metadata.ResponseTypesSupported, OpenIdConnectResponseType.Code)) { yield return Mistake("response_types_supported", OpenIdConnectResponseType.Code, "Bff signs in by the authorization code flow."); }
        if (Lacks(metadata.ResponseModesSupported, OpenIdConnectResponseMode.Query)) { yield return Mistake("response_modes_supported", OpenIdConnectResponseMode.Query, "Bff takes the code from the query of its redirect URI."); }
        if (Lacks(metadata.GrantTypesSupported, "authorization_code")) { yield return Mistake("grant_types_supported", "authorization_code", "Bff signs in by the authorization code flow."); }
        if (metadata.IdTokenSigningAlgValuesSupported.Count > 0 && !metadata.IdTokenSigningAlgValuesSupported.Any(IdTokenHandler.Accepts))
        {
            yield return Mistake("id_token_signing_alg_values_supported", "RS256, PS256, ES256 or a longer one of these", $"It has {string.Join(", ", metadata.IdTokenSigningAlgValuesSupported)}.");
        }

        if (IsTrue(metadata, "require_pushed_authorization_requests") && string.IsNullOrEmpty(metadata.PushedAuthorizationRequestEndpoint))
        {
            yield return Mistake("require_pushed_authorization_requests", "pushed_authorization_request_endpoint", "It wants pushed requests and names no endpoint for them.");
        }

        if (IsTrue(metadata, "require_signed_request_object"))
        {
            yield return new("metadata", Result.Mistake, "Bff:Oidc:Authority: the provider requires signed request objects (require_signed_request_object), which Bff does not send.", "Switch that off for this client there.");
        }

        if (IsTrue(metadata, "dpop_bound_access_tokens") || IsTrue(metadata, "require_dpop"))
        {
            yield return new("metadata", Result.Mistake, "Bff:Oidc:Authority: the provider requires DPoP (RFC 9449), which Bff does not send.", "Allow bearer tokens for this client there.");
        }

        if (Lacks(metadata.TokenEndpointAuthMethodsSupported, ClientAuthentication)) { yield return Warning("token_endpoint_auth_methods_supported", ClientAuthentication, "Bff sends its secret in the form."); }
        if (Lacks(metadata.CodeChallengeMethodsSupported, ChallengeMethod)) { yield return Warning("code_challenge_methods_supported", ChallengeMethod, "Bff sends a PKCE challenge of this kind (RFC 7636) with every sign-in."); }
        if (Lacks(metadata.GrantTypesSupported, "refresh_token")) { yield return Warning("grant_types_supported", "refresh_token", "Without refresh tokens nothing can be renewed in the background."); }
    }

    private static Finding Scopes(OpenIdConnectConfiguration metadata, OidcOptions options)
    {
        const string check = "scope";
        var unknown = options.Scopes.Where(scope => Lacks(metadata.ScopesSupported, scope)).ToList();
        if (unknown.Count > 0)
        {
            return new(check, Result.Warning, $"Bff:Oidc:Scope: the provider does not announce {string.Join(", ", unknown)}.", "Many providers leave scopes of APIs out; one that does not know a scope answers invalid_scope to a sign-in, or leaves it out.");
        }

        return options.Scopes.Contains(OpenIdConnectScope.OfflineAccess)
            ? new(check, Result.Ok, options.Scope)
            : new(check, Result.Warning, $"Bff:Oidc:Scope: asks for no {OpenIdConnectScope.OfflineAccess}. Some providers give a refresh token all the same; without one nothing can be renewed in the background.",
                $"Sign in once: /bff/session says \"renewal\":\"background\" when there is a refresh token. Else add {OpenIdConnectScope.OfflineAccess}, or see docs/providers.md.");
    }

    private static bool Lacks(ICollection<string> announced, string needed) => announced.Count > 0 && !announced.Contains(needed);

    private static bool IsTrue(OpenIdConnectConfiguration metadata, string name) =>
        (name == "require_pushed_authorization_requests" && metadata.RequirePushedAuthorizationRequests)
        || (metadata.AdditionalData.TryGetValue(name, out var value) && value is true or JsonElement { ValueKind: JsonValueKind.True } or "true");

    private static Finding Mistake(string name, string needed, string why) =>
        new("metadata", Result.Mistake, $"Bff:Oidc:Authority: the provider announces no {needed} ({name}). {why}", "Allow it there, or use another client or provider.");

    private static Finding Warning(string name, string needed, string why) =>
        new("metadata", Result.Warning, $"Bff:Oidc:Authority: the provider announces no {needed} ({name}). {why}", "It may do so all the same: sign in once to be sure.");
}
