namespace Bff.Providers;

/// <summary>Why there is no newer token for an API.</summary>
internal enum ApiTokenFault
{
    None,

    /// <summary>The provider could not be asked, or said nothing of use: it passes.</summary>
    Passing,

    /// <summary>The provider gives our client none: somebody has to act.</summary>
    Client,

    /// <summary>The provider gives this user none, or not without asking them.</summary>
    User,
}
