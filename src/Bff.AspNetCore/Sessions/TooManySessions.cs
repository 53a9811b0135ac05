namespace Bff.Sessions;

/// <summary>What happens when a user who has as many sessions as they may have signs in once more.</summary>
internal enum TooManySessions
{
    /// <summary>The session that began first ends.</summary>
    EndOldest,

    /// <summary>The sign-in fails, and the sessions there are go on.</summary>
    RefuseNewest,
}
