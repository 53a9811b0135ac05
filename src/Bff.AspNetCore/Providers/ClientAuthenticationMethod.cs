namespace Bff.Providers;

/// <summary>How Bff proves who it is at the provider (OpenID Connect Core 1.0 section 9, RFC 8705 section 2).</summary>
internal enum ClientAuthenticationMethod
{
    /// <summary>What the configuration can do and the provider announces.</summary>
    Auto,

    /// <summary>Id and secret in the <c>Authorization</c> header (RFC 6749 section 2.3.1).</summary>
    ClientSecretBasic,

    /// <summary>Id and secret in the body (RFC 6749 section 2.3.1).</summary>
    ClientSecretPost,

    /// <summary>A token signed by the client's key, new for each call (RFC 7523).</summary>
    PrivateKeyJwt,

    /// <summary>The certificate of the TLS connection, whether an authority issued it or not (RFC 8705).</summary>
    TlsClientAuth,

    /// <summary>A public client, which anybody may claim to be; PKCE protects its codes.</summary>
    None,
}
