namespace Bff.Providers.TokenEndpoint;

/// <summary>What became of the userinfo endpoint.</summary>
internal enum UserInfoFault
{
    /// <summary>It did not answer, or something before it did.</summary>
    Unreachable,

    /// <summary>It answered with something that is of no use.</summary>
    Unusable,

    /// <summary>It answered about somebody else: nothing of this may be believed (OpenID Connect Core 1.0 section 5.3.2).</summary>
    OtherUser,
}
