namespace Bff.Providers;

/// <summary>The endpoints whose addresses Bff takes from the provider's metadata, by their names there.</summary>
internal static class ProviderEndpoints
{
    public const string EndSession = "end_session_endpoint";

    public static readonly string[] Names =
    [
        "authorization_endpoint", EndSession, "jwks_uri", "pushed_authorization_request_endpoint", "revocation_endpoint", "token_endpoint",
        "userinfo_endpoint",
    ];
}
