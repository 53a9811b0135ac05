using Microsoft.AspNetCore.Http;

namespace Bff.HostTests;

/// <summary>What the provider tells about itself, and where.</summary>
internal sealed partial class PretendProvider
{
    /// <summary>Serves the metadata too, whatever <see cref="MetadataRedirect"/> says.</summary>
    public const string MovedMetadata = "/moved/openid-configuration";

    private const string WellKnown = "/.well-known/openid-configuration", TenantPlaceholder = "{tenantid}";

    /// <summary>
    /// Where the metadata's address redirects to (301): <see cref="MovedMetadata"/>, or the same behind <see cref="ListenElsewhereAsync"/> for another origin.
    /// </summary>
    public string? MetadataRedirect { get; set; }

    /// <summary>Names that are left out of the metadata, such as <c>revocation_endpoint</c>; what they stand for works all the same.</summary>
    public ISet<string> Unannounced { get; } = new HashSet<string>();

    /// <summary>
    /// The tenant of whoever signs in. The metadata are below <see cref="CommonAuthority"/> then and name an issuer with <c>{tenantid}</c> in it; tokens and
    /// authorization responses name this tenant's issuer, ID tokens its <c>tid</c>. The tenant's own metadata are below <see cref="Issuer"/>.
    /// </summary>
    public string? Tenant { get; set; }

    /// <summary>The authority of all tenants.</summary>
    public string CommonAuthority => Address + "/common/v2.0";

    /// <summary>Another origin on which the provider answers too.</summary>
    public async Task<string> ListenElsewhereAsync()
    {
        var door = NewListener(ListenPlainly);
        await door.StartAsync();
        return door.Urls.Single();
    }

    private string IssuerOf(string? tenant) => tenant is null ? Address : $"{Address}/{tenant}/v2.0";

    private string IssuerFor(Grant grant) => IssuerOf(grant.Tenant);

    private IResult WellKnownMetadata(string? tenant)
    {
        var isKnown = Tenant is null ? tenant is null : tenant is "common" || tenant == Tenant;
        if (!isKnown) { return Results.NotFound(); }
        return MetadataRedirect is { } to ? Results.Redirect(to, permanent: true) : Results.Json(Metadata(tenant == "common" ? TenantPlaceholder : tenant));
    }

    private Dictionary<string, object?> Metadata(string? tenant)
    {
        var metadata = new Dictionary<string, object?>
        {
            ["issuer"] = IssuerOf(tenant),
            ["authorization_endpoint"] = Address + "/authorize",
            ["token_endpoint"] = Address + "/token",
            ["jwks_uri"] = Address + "/jwks",
            ["revocation_endpoint"] = Address + "/revoke",
            ["response_types_supported"] = new[] { "code" },
            ["subject_types_supported"] = new[] { "public" },
            ["id_token_signing_alg_values_supported"] = new[] { IdTokenAlgorithm },
            ["code_challenge_methods_supported"] = new[] { "S256" },
            ["authorization_response_iss_parameter_supported"] = true,
        };
        if (SignOut == SignOutStyle.EndSession) { metadata["end_session_endpoint"] = Address + "/end-session"; }
        if (UserInfo is not null) { metadata["userinfo_endpoint"] = Address + "/userinfo"; }
        if (AnnouncesPushedRequests) { metadata["pushed_authorization_request_endpoint"] = Address + "/par"; }
        if (RequiresPushedRequests) { metadata["require_pushed_authorization_requests"] = true; }
        if (ResponseModes is not null) { metadata["response_modes_supported"] = ResponseModes; }
        if (ResponseModes?.Any(IsSigned) == true) { metadata["authorization_signing_alg_values_supported"] = new[] { TokenKey?.Algorithm ?? "RS256" }; }
        if (UserInfo is { IsSigned: true }) { metadata["userinfo_signing_alg_values_supported"] = new[] { TokenKey?.Algorithm ?? "RS256" }; }
        if (Proofs is not null) { metadata["dpop_signing_alg_values_supported"] = new[] { "ES256" }; }
        AddEncryption(metadata);
        AddClients(metadata);
        foreach (var name in Unannounced) { metadata.Remove(name); }
        ShapeMetadata(metadata);
        return metadata;
    }

    private void AddEncryption(Dictionary<string, object?> metadata)
    {
        if (IdTokenEncryption is null) { return; }
        metadata["id_token_encryption_alg_values_supported"] = new[] { IdTokenEncryption.Algorithm };
        metadata["id_token_encryption_enc_values_supported"] = new[] { IdTokenEncryption.Encryption };
    }

    private void AddClients(Dictionary<string, object?> metadata)
    {
        if (ClientRule is { } rule)
        {
            foreach (var endpoint in new[] { "token", "revocation" })
            {
                metadata[endpoint + "_endpoint_auth_methods_supported"] = new[] { rule.Method };
                if (rule.Algorithm is { } algorithm) { metadata[endpoint + "_endpoint_auth_signing_alg_values_supported"] = new[] { algorithm }; }
            }
        }

        if (MutualTls is not { IsAnnounced: true }) { return; }
        var aliases = new Dictionary<string, string>
        {
            ["token_endpoint"] = MutualTls.Address + "/token", ["revocation_endpoint"] = MutualTls.Address + "/revoke",
        };
        if (AnnouncesPushedRequests) { aliases["pushed_authorization_request_endpoint"] = MutualTls.Address + "/par"; }
        if (UserInfo is not null) { aliases["userinfo_endpoint"] = MutualTls.Address + "/userinfo"; }
        metadata["mtls_endpoint_aliases"] = aliases;
        metadata["tls_client_certificate_bound_access_tokens"] = MutualTls.BindsTokens;
    }

    private object Keys()
    {
        Interlocked.Increment(ref _keyDownloads);
        return new { keys = TokenKey is null ? new[] { Key.Public() } : [TokenKey.Public(), Key.Public()] };
    }
}
