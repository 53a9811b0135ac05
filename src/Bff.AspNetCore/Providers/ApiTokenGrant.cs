namespace Bff.Providers;

/// <summary>How a session gets an access token for an API other than the one its sign-in asked for.</summary>
internal enum ApiTokenGrant
{
    /// <summary>By its refresh token, which the provider trades for a token of another audience (RFC 6749 section 6, RFC 8707 section 2.2).</summary>
    Refresh,

    /// <summary>By its access token, which the provider exchanges (RFC 8693).</summary>
    Exchange,
}
