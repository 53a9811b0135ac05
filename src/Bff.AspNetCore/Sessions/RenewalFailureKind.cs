namespace Bff.Sessions;

/// <summary>What a failed renewal was about. It decides what is said until the next try.</summary>
internal enum RenewalFailureKind
{
    /// <summary>The provider cannot be reached, or does not respond as it should.</summary>
    ProviderUnavailable,

    /// <summary>The provider refuses our client, or sends what we may not use.</summary>
    ClientRefused,

    /// <summary>The provider wants the user, or does not renew this grant.</summary>
    SignInNeeded,

    /// <summary>The same, after the access token had expired: when it says so once more the session is over.</summary>
    SignInOverdue,
}
