namespace Bff.Providers.ClientAuthentication;

/// <summary>Which method a call uses, and what providers call it.</summary>
internal static class ClientMethods
{
    /// <param name="options">What we can do.</param>
    /// <param name="announced"><c>token_endpoint_auth_methods_supported</c>; empty when the provider says nothing.</param>
    /// <returns>Never <see cref="ClientAuthenticationMethod.Auto"/>.</returns>
    public static ClientAuthenticationMethod Choose(OidcOptions options, ICollection<string> announced)
    {
        if (options.ClientAuthentication != ClientAuthenticationMethod.Auto) { return options.ClientAuthentication; }
        if (options.SignsAssertions && (!options.HasSecret || IsAnnounced(ClientAuthenticationMethod.PrivateKeyJwt, announced)))
        {
            return ClientAuthenticationMethod.PrivateKeyJwt;
        }

        if (!options.HasSecret) { return ClientAuthenticationMethod.TlsClientAuth; }

        // A list with neither is of no help: Basic is what every provider must support (RFC 6749 section 2.3.1), and means a list that is not there (RFC 8414).
        return !IsAnnounced(ClientAuthenticationMethod.ClientSecretBasic, announced) && IsAnnounced(ClientAuthenticationMethod.ClientSecretPost, announced)
            ? ClientAuthenticationMethod.ClientSecretPost
            : ClientAuthenticationMethod.ClientSecretBasic;
    }

    public static bool IsAnnounced(ClientAuthenticationMethod method, ICollection<string> announced) => NamesOf(method).Any(announced.Contains);

    /// <summary>Of the registry "OAuth Token Endpoint Authentication Methods".</summary>
    public static string[] NamesOf(ClientAuthenticationMethod method) => method switch
    {
        ClientAuthenticationMethod.ClientSecretBasic => ["client_secret_basic"],
        ClientAuthenticationMethod.ClientSecretPost => ["client_secret_post"],
        ClientAuthenticationMethod.PrivateKeyJwt => ["private_key_jwt"],
        ClientAuthenticationMethod.TlsClientAuth => ["tls_client_auth", "self_signed_tls_client_auth"],
        ClientAuthenticationMethod.None => ["none"],
        _ => [],
    };

    public static bool UsesSecret(ClientAuthenticationMethod method) =>
        method is ClientAuthenticationMethod.ClientSecretBasic or ClientAuthenticationMethod.ClientSecretPost;
}
