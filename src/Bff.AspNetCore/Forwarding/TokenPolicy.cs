namespace Bff.Forwarding;

/// <summary>The token a route sends upstream, stated in its YARP metadata as <c>Bff.Token</c>.</summary>
internal enum TokenPolicy
{
    /// <summary>No token, whoever calls. The default.</summary>
    None,

    /// <summary>The user's access token; 401 without a session.</summary>
    User,

    /// <summary>The user's access token when signed in, else none.</summary>
    UserOrNone,
}
