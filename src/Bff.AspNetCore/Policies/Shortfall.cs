namespace Bff.Policies;

/// <summary>What a caller lacks.</summary>
internal enum Shortfall
{
    Nothing,

    /// <summary>A claim, a role or a group: nothing that the caller could do about it.</summary>
    Rights,

    /// <summary>Their token is not for this; another may be.</summary>
    Scope,

    /// <summary>They would have to sign in in another way, or anew.</summary>
    SignIn,
}
