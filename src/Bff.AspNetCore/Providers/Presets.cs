namespace Bff.Providers;

/// <summary>
/// What <c>Preset</c> stands for: the settings that make Bff fit a provider as it comes out of the box. Each line is a default of that provider's section, so a
/// setting that is given wins. Only what differs from Bff's own defaults is here, nothing that belongs to one tenant, and no list: the entries of a
/// configured list would mix with it. docs/providers has the same lines, page by page.
/// </summary>
internal static class Presets
{
    private static readonly Dictionary<string, (string Key, string Value, string Reason)[]> All = new(StringComparer.OrdinalIgnoreCase)
    {
        ["AdFs"] =
        [
            ("Scope", "openid allatclaims",
                "There is no `offline_access`, and your rules' claims need `allatclaims` (Microsoft: AD FS OpenID Connect/OAuth concepts)."),
            ("AudienceParameter", "resource",
                "The web API is named by `resource`; without it the token is for `urn:microsoft:userinfo` (Microsoft: AD FS OpenID Connect/OAuth concepts)."),
            ("UserInfo", "Never",
                "Its userinfo endpoint returns the subject and nothing else (Microsoft: AD FS OpenID Connect/OAuth concepts)."),
            ("NameClaim", "unique_name",
                "The ID token has `unique_name` and `upn`, no `name` (Microsoft: Single log-out for OpenID Connect with AD FS, `claims_supported`)."),
            ("Logout:IdTokenHint", "Fit",
                "The user is led back only with the hint (Microsoft: Single log-out for OpenID Connect with AD FS)."),
        ],
        ["Apple"] =
        [
            ("Authority", "https://appleid.apple.com",
                "It is the same for everybody, and is the `iss` of ID tokens (Apple: Verifying a user)."),
            ("Scope", "openid name email",
                "There are no other scopes, and a refresh token comes without asking (Apple: Request an authorization to the Sign in with Apple server)."),
            ("ResponseMode", "form_post",
                "It is required when `name` or `email` is asked for (Apple: Request an authorization to the Sign in with Apple server)."),
            ("ClientAuthentication", "ClientSecretPost",
                "The token endpoint takes `client_id` and `client_secret` as form data (Apple: Token validation)."),
            ("NameClaim", "email",
                "The ID token has no name; Apple sends it once, outside the token (Apple: Request an authorization to the Sign in with Apple server)."),
            ("UserInfo", "Never",
                "There is no userinfo endpoint (Apple: Sign in with Apple REST API)."),
        ],
        ["Auth0"] =
        [
            ("ClientAuthentication", "ClientSecretPost",
                "A new regular web application is set to it, while the metadata lists every method (Auth0: Terraform provider, defaults on client creation)."),
        ],
        ["Cognito"] =
        [
            ("Scope", "openid profile email",
                "`offline_access` is refused as `invalid_scope`, and a refresh token comes without asking (AWS: The redirect and authorization endpoint)."),
            ("AudienceParameter", "resource",
                "An access token has an `aud` only when `resource` names one (AWS: Scopes, M2M, and resource servers, Resource binding)."),
            ("UserInfo", "Never",
                "The ID token has all attributes that the client may read (AWS: Understanding the identity (ID) token)."),
            ("NameClaim", "cognito:username",
                "It is in every ID token, while `name` is an attribute that may be empty (AWS: Understanding the identity (ID) token)."),
            ("RoleClaim", "cognito:groups",
                "The groups of the user pool are in this claim (AWS: Understanding the identity (ID) token)."),
            ("Logout:ReturnParameter", "logout_uri",
                "`post_logout_redirect_uri` is unknown there, and the user ends on an error page (AWS: The managed login sign-out endpoint)."),
        ],
        ["Duende"] =
        [
            ("AudienceParameter", "resource",
                "An isolated resource is asked for by `resource`, RFC 8707 (Duende: Resource isolation)."),
            ("Logout:IdTokenHint", "Fit",
                "The user is led back only with a valid hint, and asked to confirm without one (Duende: End session endpoint)."),
        ],
        ["Entra"] =
        [
            ("ClientAssertionAudience", "TokenEndpoint",
                "The `aud` of an assertion is the token endpoint (Microsoft: Certificate credentials)."),
            ("UserInfo", "Never",
                "The endpoint is Microsoft Graph's and refuses a token for your API, and the ID token says more (Microsoft: UserInfo endpoint)."),
            ("RoleClaim", "roles",
                "App roles are in this claim (Microsoft: ID token claims reference)."),
        ],
        ["Google"] =
        [
            ("Authority", "https://accounts.google.com",
                "It is the same for everybody (Google: OpenID Connect, Discovery document)."),
            ("Scope", "openid profile email",
                "`offline_access` is refused as `invalid_scope` (Google: OAuth 2.0 scopes for Google APIs)."),
            ("AuthorizationParameters:access_type", "offline",
                "It is what gives a refresh token (Google: Using OAuth 2.0 for web server applications)."),
            ("AuthorizationParameters:prompt", "consent",
                "Without it only the user's first sign-in brings a refresh token (Google: OpenID Connect, Refresh tokens)."),
        ],
        ["Keycloak"] =
        [
            ("Scope", "openid profile email",
                "A refresh token comes without asking; that of `offline_access` survives the sign-out (Keycloak: Server Administration Guide)."),
            ("ApiTokens", "Exchange",
                "A refresh takes neither `audience` nor `resource`; tokens are exchanged (Keycloak: Configuring and using token exchange)."),
            ("Logout:IdTokenHint", "Fit",
                "Without it the user is asked to confirm (Keycloak: Server Administration Guide, RP-Initiated Logout)."),
        ],
        ["Okta"] =
        [
            ("UserInfo", "Always",
                "In the code flow the ID token is thin: claims that are not set to *Always* are at userinfo alone (Okta: Create API access claims)."),
            ("RoleClaim", "groups",
                "It is the name of the claim in Okta's guide (Okta: Customize tokens returned from Okta with a groups claim)."),
            ("Logout:IdTokenHint", "Always",
                "The hint is required (Okta: The purpose of id_token_hint in the logout API)."),
        ],
        ["OpenIddict"] =
        [
            ("AudienceParameter", "resource",
                "It takes `resource` (RFC 8707) and refuses `audience` (OpenIddict: documentation comments of OpenIddict.Server)."),
        ],
        ["Zitadel"] =
        [
            ("RoleClaim", "urn:zitadel:iam:org:project:roles",
                "The roles of the project are the names in this object (Zitadel: Claims)."),
        ],
    };

    /// <summary>The values that <c>Preset</c> takes, in the order of the alphabet.</summary>
    public static IEnumerable<string> Names => All.Keys;

    /// <summary>The lines of one, keys relative to the provider's section; the name in any case. Null: there is no such preset.</summary>
    public static IReadOnlyList<(string Key, string Value, string Reason)>? Find(string name) => All.GetValueOrDefault(name);

    /// <summary>The preset has scopes, and this one is not among them, for a reason.</summary>
    public static bool LeavesOut(string? preset, string scope) => Find(preset ?? "") is { } lines
        && lines.Any(line => line.Key == nameof(OidcOptions.Scope) && !line.Value.Split(' ').Contains(scope));
}
