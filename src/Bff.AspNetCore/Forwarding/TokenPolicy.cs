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

    /// <summary>Our client's own token (RFC 6749 section 4.4), whoever calls.</summary>
    Client,

    /// <summary>The user's access token when signed in, else our client's own: for who is anonymous, never for whose token cannot be renewed.</summary>
    UserOrClient,

    /// <summary>A token that the user's is exchanged for (RFC 8693); 401 without a session.</summary>
    Exchange,

    /// <summary>The caller's own access token, which they bring; 401 without one.</summary>
    PassThrough,

    /// <summary>The caller's own access token when they bring one, else the user's; 401 without both.</summary>
    UserOrPassThrough,
}
