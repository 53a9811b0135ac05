namespace Bff.Providers.TokenEndpoint;

/// <summary>What came of a revocation (RFC 7009 section 2.2).</summary>
internal enum RevocationOutcome
{
    /// <summary>Revoked; or the provider did not know the token, which it answers alike.</summary>
    Revoked,

    /// <summary>The provider offers no revocation.</summary>
    NotOffered,

    /// <summary>The provider will not revoke this token, however often it is asked.</summary>
    Refused,

    /// <summary>No answer that settles it: the provider is down, busy, or refuses our client for now.</summary>
    Unavailable,

    /// <summary>The provider was not asked: no place at our own gate.</summary>
    TurnedAway,
}
