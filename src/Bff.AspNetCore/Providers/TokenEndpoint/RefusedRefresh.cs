using Bff.Providers.DPoP;
using static Bff.Providers.TokenEndpoint.RefreshOutcome;

namespace Bff.Providers.TokenEndpoint;

/// <summary>What a refused refresh means, by the provider's word for it (<see cref="ErrorWords"/>) and, where it has none, by the HTTP status.</summary>
internal static class RefusedRefresh
{
    /// <summary>Beside <c>invalid_grant</c>, where these say that the grant is good and the user must do something first (Entra ID, Google).</summary>
    private static readonly HashSet<string> AsksForTheUser = new(StringComparer.Ordinal)
    {
        "basic_action", "additional_action", "message_only", "consent_required", "interaction_required", "login_required",
        "user_password_expired", "device_authentication_failed", "protection_policy_required", "invalid_rapt", "rapt_required",
    };

    /// <param name="status">The HTTP status.</param>
    /// <param name="body">The body.</param>
    /// <param name="challengesClient">It asks for HTTP authentication other than by a token (RFC 6749 section 5.2, <c>invalid_client</c>).</param>
    /// <param name="isProven">The request had a proof of a key.</param>
    public static RefreshOutcome Of(int status, TokenEndpointBody body, bool challengesClient, bool isProven)
    {
        if (body.Token("error") is not { } error) { return WithoutWord(status, body, challengesClient); }

        // Its next nonce was too late, or not there: that is not our configuration, and the next attempt begins with the one it said last.
        if (isProven && error == ProofHeaders.NonceWanted) { return new Unavailable(error) { IsResponse = true }; }
        if (error == "invalid_grant")
        {
            return Subtype(body) is { } subtype && AsksForTheUser.Contains(subtype) ? new Refused(subtype) : new Rejected(error);
        }

        // Keycloak's words for "HTTPS required" and "Realm not enabled": no user can do anything about either.
        if (status == StatusCodes.Status403Forbidden && error is ("invalid_request" or "access_denied")) { return new Misconfigured(error); }
        return ErrorWords.BlameFor(status, error) switch
        {
            Blame.Client => new Misconfigured(error),
            Blame.Provider => new Unavailable(ErrorWords.Printable(error)),
            Blame.User => new Refused(error),
            _ => IsTheEndpoints(status) ? new Refused(ErrorWords.Printable(error)) : new Unavailable($"http_{status}"),
        };
    }

    /// <summary>Whether the word of a <see cref="Refused"/> is about the user; else nobody but the application's operator can do anything about it.</summary>
    public static bool IsAboutTheUser(string error) =>
        AsksForTheUser.Contains(error) || ErrorWords.BlameFor(StatusCodes.Status400BadRequest, error) == Blame.User;

    private static RefreshOutcome WithoutWord(int status, TokenEndpointBody body, bool challengesClient)
    {
        if (body.IsPage || !IsTheEndpoints(status) || IsGateways(status, body)) { return new Unavailable($"http_{status}"); }
        return challengesClient ? new Misconfigured($"http_{status}") : new Refused($"http_{status}");
    }

    /// <summary>RFC 6749 section 5.2 knows 400 and 401; some providers refuse with 200. Any other status may come from something in front.</summary>
    private static bool IsTheEndpoints(int status) => status is 400 or 401 or < 300;

    /// <summary>A gateway's 401 repeats the status in words (AWS, Kong).</summary>
    private static bool IsGateways(int status, TokenEndpointBody body) =>
        status == StatusCodes.Status401Unauthorized && string.Equals(body.Token("message"), "Unauthorized", StringComparison.OrdinalIgnoreCase);

    /// <summary>Google's word stood in the description before it had a field of its own.</summary>
    private static string? Subtype(TokenEndpointBody body)
    {
        const string rapt = "invalid_rapt";
        if ((body.Text("suberror") ?? body.Text("error_subtype")) is { } subtype) { return subtype; }
        return body.Text("error_description")?.Contains(rapt, StringComparison.Ordinal) == true ? rapt : null;
    }
}
