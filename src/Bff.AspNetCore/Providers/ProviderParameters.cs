namespace Bff.Providers;

/// <summary>The parameters of authorization and token requests, by their names: whose each of them is to set.</summary>
internal static class ProviderParameters
{
    /// <summary>The one whose effect Bff checks.</summary>
    public const string MaxAge = "max_age";

    /// <summary>What a page may set where nothing is configured.</summary>
    public static readonly string[] Usual = ["prompt", "login_hint", "screen_hint", "organization", "ui_locales", "acr_values", MaxAge];

    /// <summary>
    /// Those of <c>/bff/login</c> itself, and what a third party's link to begin a sign-in has besides a <c>login_hint</c> (OpenID Connect Core 1.0 section 4);
    /// they reach nobody.
    /// </summary>
    public static readonly string[] NotForTheProvider = ["returnUrl", "provider", "again", "iss", "target_link_uri"];

    /// <summary>What makes the request ours, and what decides whom the tokens are for; and what is <see cref="NotForTheProvider"/>.</summary>
    public static readonly string[] OurOwn =
    [
        "client_id", "client_secret", "client_assertion", "client_assertion_type", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce",
        "code_challenge", "code_challenge_method", "request", "request_uri", "audience", "resource", "authorization_details", "claims", KeyThumbprint,
        "registration", "id_token_hint", .. NotForTheProvider,
    ];

    /// <summary>Binds a code to a key (RFC 9449 section 10).</summary>
    public const string KeyThumbprint = "dpop_jkt";

    /// <summary>What makes a token request ours.</summary>
    public static readonly string[] OurOwnOfTokens =
    [
        "grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "client_id", "client_secret", "client_assertion", "client_assertion_type",
    ];

    /// <summary>Whether a page that sends this means the provider: what everybody takes for a parameter of an authorization request.</summary>
    public static bool IsOfAuthorization(string name) =>
        Usual.Contains(name, StringComparer.OrdinalIgnoreCase) || OurOwn.Contains(name, StringComparer.OrdinalIgnoreCase)
        || name.ToLowerInvariant() is "display" or "claims_locales" or "connection" or "kc_idp_hint" or "idp" or "domain_hint";
}
