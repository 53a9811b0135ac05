namespace Bff.Providers;

/// <summary>Whom a client's assertion is addressed to (RFC 7523 section 3).</summary>
internal enum AssertionAudience
{
    /// <summary>The provider's issuer.</summary>
    Issuer,

    /// <summary>The address of its token endpoint.</summary>
    TokenEndpoint,
}
