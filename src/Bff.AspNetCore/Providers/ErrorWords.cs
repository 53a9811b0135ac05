namespace Bff.Providers;

/// <summary>
/// Whom a provider's error is about, by its word, at sign-in and at renewal alike. RFC 6749 section 5.2 and OpenID Connect Core 1.0 section 3.1.2.6 name the
/// words that all providers share; the others are those of Entra ID, Google, Auth0, GitHub, Salesforce and of gateways.
/// </summary>
internal static class ErrorWords
{
    /// <summary>Said in place of a word that is none.</summary>
    public const string Unknown = "unknown_error";

    /// <summary>About our client: no user can do anything about it.</summary>
    private static readonly HashSet<string> AboutTheClient = new(StringComparer.Ordinal)
    {
        "invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
        "invalid_target", "invalid_resource", "invalid_dpop_proof", "use_dpop_nonce",                                            // RFC 8707, Entra ID, RFC 9449
        "deleted_client", "disabled_client", "org_internal", "invalid_client_id", "incorrect_client_credentials",                // Google, Salesforce, GitHub
    };

    private static readonly HashSet<string> AboutTheWeather = new(StringComparer.Ordinal)
    {
        "server_error", "slow_down", "too_many_requests", "internal_failure", "internal_error", "internal_server_error", Unknown,
    };

    /// <summary>Parts of the many words for "not now".</summary>
    private static readonly string[] PartsOfWeather = ["temporarily_", "throttl", "limit", "unavailable", "timeout"];

    /// <summary>About the user or the grant.</summary>
    private static readonly HashSet<string> AboutTheUser = new(StringComparer.Ordinal)
    {
        "invalid_grant", "access_denied", "interaction_required", "login_required", "consent_required", "account_selection_required",
        "unmet_authentication_requirements", "mfa_required", "unauthorized", "admin_policy_enforced", "inactive_user",           // Auth0, Google, Salesforce
        "invalid_rapt", "rapt_required", "bad_refresh_token", "invalid_refresh_token", "invalid_token", "token_expired", "token_revoked",
    };

    /// <summary>Null for a word nobody knows, and for <c>invalid_request</c>, which says something else of each request.</summary>
    public static Blame? BlameFor(int status, string error)
    {
        if (AboutTheClient.Contains(error)) { return Blame.Client; }
        if (AboutTheUser.Contains(error)) { return Blame.User; }
        var isGateways = status != StatusCodes.Status400BadRequest && !IsCode(error);
        return IsWeather(error) || isGateways ? Blame.Provider : null;
    }

    private static bool IsWeather(string error) =>
        AboutTheWeather.Contains(error) || Array.Exists(PartsOfWeather, part => error.Contains(part, StringComparison.OrdinalIgnoreCase));

    /// <summary>Gateways write <c>Unauthorized</c> or <c>Not Found</c>; the codes of OAuth are lower case without spaces.</summary>
    private static bool IsCode(string error) => error.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-' or '.');

    /// <summary>The provider's word for a log line: short and plain, whatever it sent.</summary>
    public static string Printable(string error) =>
        error.Length <= 64 && error.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') ? error : Unknown;
}
