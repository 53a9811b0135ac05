using System.ComponentModel.DataAnnotations;
using Bff.Configuration;

namespace Bff.Providers;

/// <summary>
/// An OpenID provider and Bff's client there: <c>Bff:Oidc</c>, which is called <c>default</c>, or one under a name below <c>Bff:Providers</c>.
/// </summary>
[NeedsRestart]
internal sealed class OidcOptions : IValidatableObject
{
    /// <summary>Issuer URL of the provider; <c>/.well-known/openid-configuration</c> is looked up below it.</summary>
    [Required(ErrorMessage = "is required: the issuer URL of your OpenID provider, such as https://login.example.com.")]
    [NeedsRestart]
    public string Authority { get; set; } = "";

    /// <summary>
    /// Where the provider's metadata is read when servers reach it under another name than browsers do, as containers may.
    /// Default: below <see cref="Authority"/>, which the metadata must name as its issuer in any case.
    /// </summary>
    [NeedsRestart]
    public string? MetadataAddress { get; set; }

    /// <summary>The client's id at the provider.</summary>
    [Required(ErrorMessage = "is required: the id of the client registered at the provider.")]
    [NeedsRestart]
    public string ClientId { get; set; } = "";

    /// <summary>The client's secret (RFC 6749 section 2.3.1). Required by the methods of <see cref="ClientAuthentication"/> that send one.</summary>
    public string? ClientSecret { get; set; }

    /// <summary>A file holding <see cref="ClientSecret"/>, such as a mounted container secret.</summary>
    public string? ClientSecretFile { get; set; }

    /// <summary>
    /// How Bff proves who it is, in each call that has to (OpenID Connect Core 1.0 section 9): <c>ClientSecretBasic</c>, <c>ClientSecretPost</c>,
    /// <c>PrivateKeyJwt</c>, <c>TlsClientAuth</c>, <c>None</c>. Default: <c>Auto</c>, what the configuration can do and the provider announces
    /// (<c>token_endpoint_auth_methods_supported</c>), in this order: a key, a certificate where there is no secret, the secret in the header, the secret in the
    /// body. A provider that announces nothing gets the secret in the header (RFC 8414 section 2).
    /// </summary>
    public ClientAuthenticationMethod ClientAuthentication { get; set; }

    /// <summary>
    /// The client's private key, which signs an assertion for each call (RFC 7523): RSA of 2048 bits or more, or EC on P-256, P-384 or P-521; PEM (PKCS #8,
    /// PKCS #1, SEC 1) without a password, or a JWK. The thumbprint of a certificate beside it in the PEM is sent, too (<c>x5t#S256</c>, RFC 7515).
    /// </summary>
    public string? ClientKey { get; set; }

    /// <summary>A file holding <see cref="ClientKey"/>.</summary>
    public string? ClientKeyFile { get; set; }

    /// <summary>The key's name at the provider, the <c>kid</c> of what it signs. Default: that of the JWK, else none.</summary>
    public string? ClientKeyId { get; set; }

    /// <summary>
    /// What the key signs with (RFC 7518 section 3.1). Default: the <c>alg</c> of the JWK, else ES256, ES384 or ES512 by the curve; for RSA RS256, or PS256 where
    /// the provider announces that one of the two (<c>token_endpoint_auth_signing_alg_values_supported</c>).
    /// </summary>
    public string? ClientKeyAlgorithm { get; set; }

    /// <summary>
    /// The <c>aud</c> of an assertion: <c>Issuer</c>, or <c>TokenEndpoint</c> for a provider that insists. With an <see cref="IssuerTemplate"/>, which is
    /// nobody's name, it is the token endpoint in any case. Default: <c>Issuer</c>.
    /// </summary>
    public AssertionAudience ClientAssertionAudience { get; set; }

    /// <summary>Makes the client secret of <see cref="ClientKey"/>, as Apple wants it. Default: not used.</summary>
    public ClientSecretFromKeyOptions ClientSecretFromKey { get; set; } = new();

    /// <summary>
    /// The certificate Bff shows the provider, and those who issued it, in PEM (RFC 8705): it authenticates the client, or binds tokens to itself. With one, calls
    /// go to the <c>mtls_endpoint_aliases</c> of the metadata. Default: none.
    /// </summary>
    public string? ClientCertificate { get; set; }

    /// <summary>A file holding <see cref="ClientCertificate"/>, and perhaps its key.</summary>
    public string? ClientCertificateFile { get; set; }

    /// <summary>The key of <see cref="ClientCertificate"/> in PEM, without a password. Default: what the certificate's own PEM holds.</summary>
    public string? ClientCertificateKey { get; set; }

    /// <summary>A file holding <see cref="ClientCertificateKey"/>.</summary>
    public string? ClientCertificateKeyFile { get; set; }

    /// <summary>
    /// Whether authorization requests are pushed (RFC 9126): <c>Always</c>, <c>Never</c>, or <c>Auto</c>: where the provider offers it, and without it where the
    /// provider does not let this client and does not require it. Default: <c>Auto</c>.
    /// </summary>
    public PushedAuthorizationUse PushedAuthorization { get; set; }

    /// <summary>
    /// Parameters of each authorization request, by their names at the provider. What a page sets by <see cref="AllowedLoginParameters"/> wins, and so does the
    /// <c>prompt=none</c> of a silent sign-in. What Bff sets itself cannot be in it. Default: none.
    /// </summary>
    public Dictionary<string, string> AuthorizationParameters { get; set; } = [];

    /// <summary>
    /// Parameters of each token request, at sign-in and at renewal, by their names at the provider: <c>resource</c> (RFC 8707), <c>audience</c>, <c>scope</c> and
    /// the like. What Bff sets itself cannot be in it. Default: none.
    /// </summary>
    public Dictionary<string, string> TokenParameters { get; set; } = [];

    /// <summary>Scopes to request, separated by spaces. Without <c>offline_access</c> most providers issue no refresh token.</summary>
    [NeedsRestart]
    public string Scope { get; set; } = "openid profile offline_access";

    /// <summary>The API the access token is for; nothing is sent when empty.</summary>
    [NeedsRestart]
    public string? Audience { get; set; }

    /// <summary>How <see cref="Audience"/> is sent: <c>audience</c> (Auth0) or <c>resource</c> (RFC 8707).</summary>
    [AllowedValues("audience", "resource", ErrorMessage = "must be 'audience' or 'resource'.")]
    [NeedsRestart]
    public string AudienceParameter { get; set; } = "audience";

    /// <summary>
    /// How a session gets tokens for the APIs that a route names by <c>Bff.Audience</c>, <c>Bff.Resource</c> or <c>Bff.Scope</c>: <c>Refresh</c>, with its
    /// refresh token (RFC 8707 section 2.2), or <c>Exchange</c>, with its access token (RFC 8693). A route with <c>Bff.Token</c> <c>Exchange</c> exchanges in any
    /// case. Default: <c>Refresh</c>.
    /// </summary>
    [AllowedValues(ApiTokenGrant.Refresh, ApiTokenGrant.Exchange, ErrorMessage = "must be Refresh or Exchange.")]
    public ApiTokenGrant ApiTokens { get; set; }

    /// <summary>
    /// Parameters of the authorization request (OpenID Connect Core 1.0 section 3.1.2.1, and the provider's own) that a page may set at <c>/bff/login</c>, by
    /// their names there; an empty first entry: none. What Bff sets itself cannot be in it. Default: <c>prompt</c>, <c>login_hint</c>, <c>screen_hint</c>,
    /// <c>organization</c>, <c>ui_locales</c>, <c>acr_values</c>, <c>max_age</c>.
    /// </summary>
    public string[] AllowedLoginParameters { get; set; } = [];

    public string[] EffectiveLoginParameters =>
        AllowedLoginParameters.Length == 0 ? ProviderParameters.Usual : [.. AllowedLoginParameters.Where(name => name.Length > 0)];

    /// <summary>Whether a provider that is not reached over https is refused. Default: true, but in Development a loopback address may use http.</summary>
    [NeedsRestart]
    public bool? RequireHttps { get; set; }

    /// <summary>
    /// Whether the ID token is sent as <c>id_token_hint</c> at sign-out (RP-Initiated Logout 1.0 section 2). It then passes through the browser in a URL;
    /// otherwise <c>client_id</c> is sent. Turn it on for a provider that insists. Default: false.
    /// </summary>
    [NeedsRestart]
    public bool SendIdTokenHint { get; set; }

    /// <summary>
    /// How far the provider's clock may be off when an ID token's <c>exp</c>, <c>nbf</c> and <c>iat</c> are checked (OpenID Connect Core 1.0 section 3.1.3.7).
    /// Default: 2 minutes; 0 to 10 minutes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00", ErrorMessage = "must be between 00:00:00 and 00:10:00 (hh:mm:ss).")]
    [NeedsRestart]
    public TimeSpan ClockTolerance { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Defaults that make Bff fit a provider, by its name: see the pages in docs/providers. A setting that is given wins; a list or a dictionary that is given
    /// replaces the preset's. Default: none.
    /// </summary>
    [NeedsRestart]
    public string? Preset { get; set; }

    /// <summary>
    /// How the provider's response to a sign-in comes back: <c>query</c>; <c>form_post</c> (OAuth 2.0 Form Post Response Mode), for which the cookies of a
    /// sign-in are <c>SameSite=None; Secure</c>; or signed by the provider (JARM): <c>query.jwt</c>, <c>form_post.jwt</c>, and <c>jwt</c>, which is
    /// <c>query.jwt</c>. Default: <c>query</c>.
    /// </summary>
    [AllowedValues("query", "form_post", "query.jwt", "form_post.jwt", "jwt", ErrorMessage = ResponseModes.Choice)]
    [NeedsRestart]
    public string ResponseMode { get; set; } = ResponseModes.Query;

    /// <summary>
    /// The origins, besides that of the authorization endpoint, whose pages post the response with a <c>form_post</c> mode, where the provider has users sign
    /// in at another address: <c>scheme://host[:port]</c>. Default: none.
    /// </summary>
    public string[] FormPostOrigins { get; set; } = [];

    /// <summary>
    /// Whether a sign-in that asked for <c>acr_values</c> fails, with <c>unmet_authentication_requirements</c>, unless the ID token's <c>acr</c> is one of them
    /// (OpenID Connect Core 1.0 section 3.1.2.1 makes them a wish), and whether a silent sign-in fails that would give a session another <c>acr</c>.
    /// Default: false.
    /// </summary>
    public bool RequireAcr { get; set; }

    /// <summary>
    /// Whether the access token of a session that ends is revoked, too, where the provider has a revocation endpoint (RFC 7009), unless it has expired by then.
    /// It matters to APIs that ask the provider about tokens; others take one until it expires. Default: false, so the refresh token alone.
    /// </summary>
    public bool RevokeAccessTokens { get; set; }

    /// <summary>
    /// Addresses that the provider's metadata lack or have wrong, by their names there: <c>authorization_endpoint</c>, <c>token_endpoint</c>,
    /// <c>userinfo_endpoint</c>, <c>revocation_endpoint</c>, <c>end_session_endpoint</c>, <c>jwks_uri</c>, <c>pushed_authorization_request_endpoint</c>.
    /// They must use https wherever the authority must. Default: none.
    /// </summary>
    [NeedsRestart]
    public Dictionary<string, string> Endpoints { get; set; } = new(StringComparer.Ordinal);

    /// <summary>How the user is signed out at the provider.</summary>
    public LogoutOptions Logout { get; set; } = new();

    /// <summary>
    /// Whether the provider's server may sign users out by a logout token at <c>/bff/backchannel</c> (OpenID Connect Back-Channel Logout 1.0). Nothing happens
    /// without a token that the provider has signed. Default: true.
    /// </summary>
    public bool BackChannelLogout { get; set; } = true;

    /// <summary>
    /// Whether a frame in the provider's sign-out page may end the session of its browser at <c>/bff/frontchannel</c> (OpenID Connect Front-Channel Logout
    /// 1.0). Warning: nobody proves who asks, so any page that knows a user's <c>sid</c> can do it where the cookie goes along, and the cookie goes along only
    /// where provider and Bff are on one site. Prefer <see cref="BackChannelLogout"/>. Default: false.
    /// </summary>
    public bool FrontChannelLogout { get; set; }

    public IdTokenHint EffectiveIdTokenHint => Logout.IdTokenHint ?? (SendIdTokenHint ? IdTokenHint.Always : IdTokenHint.Never);

    public const string DefaultNameClaim = "name", DefaultRoleClaim = "role";

    /// <summary>
    /// When the userinfo endpoint is asked about a user (OpenID Connect Core 1.0 section 5.3): <c>Never</c>; <c>WhenNeeded</c>, which is when the ID token has
    /// no <see cref="NameClaim"/>; <c>Always</c>, and a sign-in without an answer fails. It is asked once, at the sign-in, never at a renewal. What the ID
    /// token says wins. Default: WhenNeeded.
    /// </summary>
    [AllowedValues(UserInfoUse.Never, UserInfoUse.WhenNeeded, UserInfoUse.Always, ErrorMessage = "must be Never, WhenNeeded or Always.")]
    public UserInfoUse UserInfo { get; set; } = UserInfoUse.WhenNeeded;

    /// <summary>
    /// The claim with what people call the user, such as <c>preferred_username</c>; it becomes the session's <c>name</c>. A path with dots leads into claims
    /// that are JSON objects. Where the provider leaves it out, <c>name</c> stays as it is. Default: <c>name</c>.
    /// </summary>
    public string NameClaim { get; set; } = DefaultNameClaim;

    /// <summary>
    /// The claim with the user's roles, such as <c>groups</c> or <c>realm_access.roles</c>: each becomes a <c>role</c> of the session, and nothing else does.
    /// A path with dots leads into claims that are JSON objects. One that leads to an object means the names of its members, but for those that are <c>null</c>
    /// or <c>false</c>. Default: <c>role</c>.
    /// </summary>
    public string RoleClaim { get; set; } = DefaultRoleClaim;

    /// <summary>
    /// The claims that a session keeps and <c>/bff/user</c> shows; <c>sub</c>, <c>sid</c>, <c>auth_time</c>, <c>tid</c>, <c>name</c> and <c>role</c> always are.
    /// Default: all that are about the user.
    /// </summary>
    public string[] Claims { get; set; } = [];

    /// <summary>
    /// Other audiences that an ID token for us may have (OpenID Connect Core 1.0 section 3.1.3.7, rule 3); with one of them its <c>azp</c> must be our client.
    /// Default: none.
    /// </summary>
    public string[] TrustedAudiences { get; set; } = [];

    /// <summary>
    /// The issuer of each tenant, with <c>{tenantid}</c> where its id stands, of a provider whose metadata name no single issuer, such as
    /// <c>https://login.microsoftonline.com/{tenantid}/v2.0</c>. An ID token's <c>iss</c> must be this with its own <c>tid</c> put in.
    /// </summary>
    [NeedsRestart]
    public string? IssuerTemplate { get; set; }

    /// <summary>The tenants whose users may sign in, by their ids (<c>tid</c>); <c>*</c> lets the users of all tenants in.</summary>
    [NeedsRestart]
    public string[] Tenants { get; set; } = [];

    /// <summary>
    /// The algorithms that a token of the provider may be signed with (RFC 7518 section 3.1). <c>HS256</c>, <c>HS384</c> and <c>HS512</c> are signed with
    /// <see cref="ClientSecret"/>, of at least as many bits: whoever has it then signs in as anybody, so list them only for a provider that can do nothing
    /// else. Default: RS, PS and ES with 256, 384 and 512 bits, and EdDSA (Ed25519, RFC 8037).
    /// </summary>
    public string[] SigningAlgorithms { get; set; } = [];

    /// <summary>
    /// Our private key for ID tokens that are encrypted to us (RFC 7516; RSA-OAEP, RSA-OAEP-256 or ECDH-ES, with AES in CBC or GCM mode): RSA of at least 2048
    /// bits or EC, as PEM or JWK. With a key, ID tokens that are not encrypted are refused (OpenID Connect Core 1.0 section 3.1.3.7, rule 1).
    /// </summary>
    public string? IdTokenDecryptionKey { get; set; }

    /// <summary>A file holding <see cref="IdTokenDecryptionKey"/>, such as a mounted container secret.</summary>
    public string? IdTokenDecryptionKeyFile { get; set; }

    /// <summary>
    /// What kind of access token is asked for: <c>Bearer</c> (RFC 6750), or <c>DPoP</c> (RFC 9449), which is of use to nobody without a key that each session
    /// has of its own. A provider that answers with another kind than <c>DPoP</c> is refused then; it and the APIs must know DPoP with ES256. Default: Bearer.
    /// </summary>
    [AllowedValues(TokenType.Bearer, TokenType.DPoP, ErrorMessage = "must be Bearer or DPoP.")]
    public TokenType TokenType { get; set; }

    /// <summary>Null where the metadata name the issuer.</summary>
    public TenantIssuers? Issuers => IssuerTemplate is { Length: > 0 } template ? new(template, Tenants) : null;

    public string[] EffectiveSigningAlgorithms => SigningAlgorithms.Length == 0 ? TokenAlgorithms.ByPublicKey : SigningAlgorithms;

    public string EffectiveMetadataAddress =>
        MetadataAddress is { Length: > 0 } address ? address : Authority.TrimEnd('/') + "/.well-known/openid-configuration";

    /// <summary>The secret in use; the content of <see cref="ClientSecretFile"/> is put in its place when the configuration is read.</summary>
    public string Secret => ClientSecret ?? "";

    public bool HasSecret => !string.IsNullOrEmpty(ClientSecret) || ClientSecretFromKey.IsInUse;

    public bool HasClientKey => !string.IsNullOrEmpty(ClientKey);

    /// <summary>The key is for assertions, and not for a secret.</summary>
    public bool SignsAssertions => HasClientKey && !ClientSecretFromKey.IsInUse;

    public bool HasClientCertificate => !string.IsNullOrEmpty(ClientCertificate);

    public bool MustUseHttps(IHostEnvironment environment) =>
        RequireHttps ?? !(environment.IsDevelopment() && Uri.TryCreate(Authority, UriKind.Absolute, out var authority) && authority.IsLoopback);

    public IEnumerable<string> Scopes => Scope.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        IEnumerable<ValidationResult> preset = string.IsNullOrEmpty(Preset) || Presets.Find(Preset) is not null
            ? [] : [new($"there is no preset of this name. There are: {string.Join(", ", Presets.Names)}.", [nameof(Preset)])];
        IEnumerable<ValidationResult> scope = Scopes.Contains("openid") ? [] : [new("must contain 'openid'.", [nameof(Scope)])];
        return
        [
            .. AddressMistakes.OfDiscovery(Authority, MetadataAddress),
            .. ParameterMistakes.OfLogin(AllowedLoginParameters),
            .. preset,
            .. AddressMistakes.OfEndpoints(Endpoints),
            .. AddressMistakes.OfOrigins(FormPostOrigins, nameof(FormPostOrigins)),
            .. LogoutMistakes.Of(Logout, SendIdTokenHint, hasEndpoint: Endpoints.ContainsKey(EndpointNames.EndSession)),
            .. ParameterMistakes.OfFixed(AuthorizationParameters, nameof(AuthorizationParameters), ProviderParameters.OurOwn),
            .. ParameterMistakes.OfFixed(TokenParameters, nameof(TokenParameters), ProviderParameters.OurOwnOfTokens),
            .. ClaimMistakes.Of(NameClaim, RoleClaim, Claims),
            .. IssuerMistakes.OfTenants(IssuerTemplate, Tenants),
            .. AlgorithmMistakes.OfSigning(SigningAlgorithms, Secret),
            .. AlgorithmMistakes.OfDecryption(IdTokenDecryptionKey),
            .. IssuerMistakes.OfAudiences(TrustedAudiences, ClientId),
            .. scope,
        ];
    }
}
