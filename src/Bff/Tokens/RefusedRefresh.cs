namespace Bff.Tokens;

/// <summary>
/// What a refused refresh means, by the provider's word for it and, where it has none, by the HTTP status. RFC 6749 section 5.2 and OpenID Connect Core 1.0
/// section 3.1.2.6 name the words that all providers share; the others are those of Entra ID, Google, Auth0, GitHub and Salesforce.
/// </summary>
internal static class RefusedRefresh
{
    /// <summary>About our client: no user can do anything about it.</summary>
    private static readonly HashSet<string> AboutTheClient = new(StringComparer.Ordinal)
    {
        "invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
        "invalid_target", "invalid_resource", "invalid_dpop_proof", "use_dpop_nonce",                                            // RFC 8707, Entra ID, RFC 9449
        "deleted_client", "disabled_client", "org_internal", "invalid_client_id", "incorrect_client_credentials",                // Google, Salesforce, GitHub
    };

    private static readonly HashSet<string> AboutTheWeather = new(StringComparer.Ordinal)
    {
        "temporarily_unavailable", "server_error", "slow_down", "too_many_requests", "rate_limit_exceeded",
    };

    /// <summary>About the user or the refresh token, also with a status that an ingress uses for its own pages.</summary>
    private static readonly HashSet<string> AboutTheUser = new(StringComparer.Ordinal)
    {
        "invalid_request", "access_denied", "interaction_required", "login_required", "consent_required", "account_selection_required",
        "unmet_authentication_requirements", "mfa_required", "unauthorized", "admin_policy_enforced", "inactive_user",           // Auth0, Google, Salesforce
        "invalid_rapt", "rapt_required", "bad_refresh_token", "invalid_refresh_token", "invalid_token", "token_expired", "token_revoked",
    };

    /// <summary>Beside <c>invalid_grant</c>, where these say that the grant is good and the user must do something first (Entra ID, Google).</summary>
    private static readonly HashSet<string> AsksForTheUser = new(StringComparer.Ordinal)
    {
        "basic_action", "additional_action", "message_only", "consent_required", "interaction_required", "login_required",
        "user_password_expired", "device_authentication_failed", "protection_policy_required", "invalid_rapt", "rapt_required",
    };

    /// <param name="status">The HTTP status.</param>
    /// <param name="body">The body.</param>
    /// <param name="challengesClient">It asks for HTTP authentication other than by a token (RFC 6749 section 5.2, <c>invalid_client</c>).</param>
    public static RefreshOutcome Of(int status, TokenEndpointBody body, bool challengesClient)
    {
        var error = body.Text("error");
        if (error is null) { return WithoutWord(status, body.IsPage, challengesClient); }
        if (error == "invalid_grant")
        {
            return Subtype(body) is { } subtype && AsksForTheUser.Contains(subtype) ? new Refused(subtype) : new Rejected(error);
        }

        if (AboutTheClient.Contains(error)) { return new Misconfigured(error); }
        if (AboutTheWeather.Contains(error)) { return new Unavailable(error); }
        return AboutTheUser.Contains(error) || IsTheEndpoints(status) ? new Refused(Printable(error)) : new Unavailable($"http_{status}");
    }

    private static RefreshOutcome WithoutWord(int status, bool isPage, bool challengesClient)
    {
        if (isPage || !IsTheEndpoints(status)) { return new Unavailable($"http_{status}"); }
        return challengesClient ? new Misconfigured($"http_{status}") : new Refused($"http_{status}");
    }

    /// <summary>RFC 6749 section 5.2 knows 400 and 401; some providers refuse with 200. Any other status may come from something in front.</summary>
    private static bool IsTheEndpoints(int status) => status is 400 or 401 or < 300;

    /// <summary>Google's word stood in the description before it had a field of its own.</summary>
    private static string? Subtype(TokenEndpointBody body)
    {
        const string rapt = "invalid_rapt";
        if ((body.Text("suberror") ?? body.Text("error_subtype")) is { } subtype) { return subtype; }
        return body.Text("error_description")?.Contains(rapt, StringComparison.Ordinal) == true ? rapt : null;
    }

    /// <summary>The provider's word for a log line: short and plain, whatever it sent.</summary>
    internal static string Printable(string error) =>
        error.Length <= 64 && error.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') ? error : "unknown_error";
}
