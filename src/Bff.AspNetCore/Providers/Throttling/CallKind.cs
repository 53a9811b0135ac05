namespace Bff.Providers.Throttling;

/// <summary>What a call to the provider is for, in the order in which waiting calls are let in.</summary>
internal enum CallKind
{
    /// <summary>A renewal somebody waits for.</summary>
    Renewal,

    /// <summary>Redeeming a code, pushing an authorization request: anybody can cause these, signed in or not.</summary>
    SignIn,

    /// <summary>The last step of an ended session; nobody waits for it.</summary>
    Revocation,

    /// <summary>A renewal that is due.</summary>
    BackgroundRenewal,
}
