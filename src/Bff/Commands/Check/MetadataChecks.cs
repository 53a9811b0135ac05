using System.Text.Json;
using Bff.Providers;
using Bff.Providers.ClientAuthentication;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Bff.Commands.Check;

/// <summary>
/// Compares what the provider announces with what Bff will do (OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2, RFC 9126 section 5, RFC 9101
/// section 10.5). A list that is not there says nothing. What cannot work is a mistake; where providers are known to do more than they announce, it is a
/// warning.
/// </summary>
internal sealed class MetadataChecks(
    OpenIdConnectConfiguration metadata, OidcOptions options, string section, IReadOnlyList<FrontEndSignIn> signIns)
{
    private const string Check = "metadata";
    private const string Code = OpenIdConnectResponseType.Code;
    private const string OfflineAccess = OpenIdConnectScope.OfflineAccess;
    private const string RequiresPushed = "require_pushed_authorization_requests";

    public IEnumerable<Finding> Run()
    {
        var found = Impossible().Concat(Unannounced()).ToList();
        if (found.Count == 0) { found.Add(new(Check, Result.Ok, "supports what Bff uses")); }
        return found.Concat(signIns.DistinctBy(signIn => signIn.ScopeKey).Select(Scopes));
    }

    private IEnumerable<Finding> Impossible()
    {
        if (Lacks(metadata.ResponseTypesSupported, Code)) { yield return Mistake("response_types_supported", Code, "Bff signs users in by that flow."); }
        if (ResponseMode() is { } mode) { yield return mode; }
        if (Lacks(metadata.GrantTypesSupported, "authorization_code"))
        {
            yield return Mistake("grant_types_supported", "authorization_code", "Bff signs users in by the authorization code flow.");
        }

        var algorithms = metadata.IdTokenSigningAlgValuesSupported;
        if (algorithms.Count > 0 && !algorithms.Any(options.EffectiveSigningAlgorithms.Contains))
        {
            yield return Mistake(
                "id_token_signing_alg_values_supported", Accepted, $"It announces {string.Join(", ", algorithms)}.");
        }

        var requiresPushed = metadata.RequirePushedAuthorizationRequests || IsTrue(RequiresPushed);
        if (requiresPushed && string.IsNullOrEmpty(metadata.PushedAuthorizationRequestEndpoint))
        {
            yield return Mistake(
                RequiresPushed, "pushed_authorization_request_endpoint", "It requires pushed authorization requests but names no endpoint for them.");
        }

        if (IsTrue("require_signed_request_object")) { yield return Requires("signed request objects (require_signed_request_object, RFC 9101)"); }
        if (options.TokenType == TokenType.Bearer && (IsTrue("dpop_bound_access_tokens") || IsTrue("require_dpop")))
        {
            yield return new(
                Check, Result.Mistake, $"{section}:TokenType: is Bearer, and the provider requires DPoP (RFC 9449).",
                "Set it to DPoP; the APIs must know it, too.");
        }
    }

    private string Accepted =>
        options.SigningAlgorithms.Length == 0 ? "RS256, PS256, ES256 or a stronger variant" : string.Join(", ", options.SigningAlgorithms);

    private IEnumerable<Finding> Unannounced()
    {
        if (options.UserInfo == UserInfoUse.Always && string.IsNullOrEmpty(metadata.UserInfoEndpoint))
        {
            yield return new(Check, Result.Mistake, $"{section}:UserInfo: is Always, and the provider announces no userinfo_endpoint: every sign-in fails.",
                "Set it to WhenNeeded or Never.");
        }

        if (options.RevokeAccessTokens && string.IsNullOrEmpty(metadata.RevocationEndpoint))
        {
            yield return new(Check, Result.Warning, $"{section}:RevokeAccessTokens: the provider announces no revocation_endpoint: nothing is revoked.",
                "Set it to false, or name the address in Endpoints:revocation_endpoint.");
        }

        var proofs = new AnnouncedMembers(metadata).List("dpop_signing_alg_values_supported");
        if (options.TokenType == TokenType.DPoP && !proofs.Contains(SecurityAlgorithms.EcdsaSha256))
        {
            yield return new(
                Check, Result.Warning,
                $"{section}:TokenType: is DPoP, and the provider does not announce it with ES256 (dpop_signing_alg_values_supported, RFC 9449 section 5.1).",
                "It may support it anyway: sign in once to be sure. A provider that does not know DPoP gives bearer tokens, and these sign-ins fail.");
        }

        if (options.RequireAcr && Lacks(metadata.ClaimsSupported, "acr"))
        {
            yield return new(Check, Result.Warning, $"{section}:RequireAcr: the provider does not announce the claim acr (claims_supported).",
                "It may send it anyway: sign in once with acr_values to be sure.");
        }

        var announced = metadata.TokenEndpointAuthMethodsSupported;
        var method = ClientMethods.Choose(options, announced);
        if (announced.Count > 0 && !ClientMethods.IsAnnounced(method, announced))
        {
            yield return Warning(
                "token_endpoint_auth_methods_supported", string.Join(" or ", ClientMethods.NamesOf(method)),
                $"Bff authenticates so ({section}:ClientAuthentication).");
        }

        if (method == ClientAuthenticationMethod.PrivateKeyJwt)
        {
            var algorithms = metadata.TokenEndpointAuthSigningAlgValuesSupported;
            var algorithm = ClientKey.Read(options.ClientKey!).Choose(options.ClientKeyAlgorithm, algorithms);
            if (Lacks(algorithms, algorithm))
            {
                yield return Warning("token_endpoint_auth_signing_alg_values_supported", algorithm, $"{section}:ClientKey signs with it.");
            }
        }

        if (Lacks(metadata.CodeChallengeMethodsSupported, "S256"))
        {
            yield return Warning("code_challenge_methods_supported", "S256", "Bff sends this PKCE challenge (RFC 7636) with every sign-in.");
        }

        if (Lacks(metadata.GrantTypesSupported, "refresh_token"))
        {
            yield return Warning("grant_types_supported", "refresh_token", "Without refresh tokens nothing can be renewed in the background.");
        }
    }

    private Finding? ResponseMode()
    {
        var (mode, announced) = (options.ResponseMode, metadata.ResponseModesSupported);
        const string names = "response_modes_supported";
        if (mode == ResponseModes.Query)
        {
            return Lacks(announced, mode) ? Mistake(names, mode, "Bff reads the code from the query unless ResponseMode says otherwise.") : null;
        }

        // JARM has one name for all signed modes, and some providers announce that alone.
        if (Lacks(announced, mode) && !(ResponseModes.IsSigned(mode) && announced.Contains(ResponseModes.Signed)))
        {
            return new(Check, Result.Mistake, $"{section}:ResponseMode: the provider does not announce {mode} ({names}: {string.Join(", ", announced)}).",
                "Use one that it announces, or remove the setting.");
        }

        var signed = new AnnouncedMembers(metadata).List("authorization_signing_alg_values_supported");
        return ResponseModes.IsSigned(mode) && signed.Count > 0 && !signed.Any(options.EffectiveSigningAlgorithms.Contains)
            ? new(Check, Result.Mistake,
                $"{section}:ResponseMode: the provider signs responses with {string.Join(", ", signed)} only, which Bff does not accept.",
                "Enable RS256, PS256, ES256 or a stronger variant for this client there, or use another ResponseMode.")
            : null;
    }

    private Finding Scopes(FrontEndSignIn signIn)
    {
        const string check = "scope";
        var scopes = signIn.Scope.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var unknown = scopes.Where(scope => Lacks(metadata.ScopesSupported, scope)).ToList();
        if (unknown.Count > 0)
        {
            return new(check, Result.Warning, $"{signIn.ScopeKey}: the provider does not announce {string.Join(", ", unknown)}.",
                "Many providers do not announce the scopes of APIs. A provider that does not know a scope refuses the sign-in with invalid_scope, or "
                + "ignores the scope.");
        }

        if (scopes.Contains(OfflineAccess)) { return new(check, Result.Ok, signIn.Scope); }
        return Presets.LeavesOut(options.Preset, OfflineAccess)
            ? new(check, Result.Ok, $"{signIn.Scope} (without {OfflineAccess}, as preset {options.Preset} has it)")
            : new(check, Result.Warning,
                $"{signIn.ScopeKey}: does not include {OfflineAccess}. Some providers issue a refresh token anyway; without one nothing is renewed in the "
                + "background.",
                $"Sign in once: /bff/session says \"renewal\":\"background\" when there is one. Otherwise add {OfflineAccess}, or see docs/providers.md.");
    }

    private static bool Lacks(ICollection<string> announced, string needed) => announced.Count > 0 && !announced.Contains(needed);

    private bool IsTrue(string name) =>
        metadata.AdditionalData.TryGetValue(name, out var value) && value is true or JsonElement { ValueKind: JsonValueKind.True } or "true";

    private Finding Mistake(string name, string needed, string why) =>
        new(Check, Result.Mistake, $"{section}:Authority: the provider does not announce {needed} ({name}). {why}", "Enable it there, or use another client.");

    private Finding Requires(string what) =>
        new(Check, Result.Mistake, $"{section}:Authority: the provider requires {what}, which Bff does not send.", "Switch that off for this client there.");

    private Finding Warning(string name, string needed, string why) => new(Check, Result.Warning,
        $"{section}:Authority: the provider does not announce {needed} ({name}). {why}", "It may support it anyway: sign in once to be sure.");
}
