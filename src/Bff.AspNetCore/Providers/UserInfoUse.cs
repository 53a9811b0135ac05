namespace Bff.Providers;

/// <summary>When the userinfo endpoint is asked about a user (OpenID Connect Core 1.0 section 5.3).</summary>
internal enum UserInfoUse
{
    /// <summary>The ID token has no name. A sign-in goes on without the endpoint when it does not answer.</summary>
    WhenNeeded,

    Never,

    /// <summary>At each sign-in, which fails without an answer.</summary>
    Always,
}
