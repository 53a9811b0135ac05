namespace Bff.Providers;

/// <summary>The endpoints whose addresses Bff takes from the provider's metadata, by their names there (RFC 8414 section 2, OpenID Connect Discovery 1.0).</summary>
internal static class EndpointNames
{
    public const string
        Token = "token_endpoint", Revocation = "revocation_endpoint", Pushed = "pushed_authorization_request_endpoint", UserInfo = "userinfo_endpoint",
        EndSession = "end_session_endpoint";

    public static readonly string[] All = ["authorization_endpoint", EndSession, "jwks_uri", Pushed, Revocation, Token, UserInfo];
}
