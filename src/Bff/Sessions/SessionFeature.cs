namespace Bff.Sessions;

/// <summary>The session this request was authenticated with; nobody reads the store again for it.</summary>
internal sealed class SessionFeature(Session session)
{
    public Session Session { get; } = session;
}

/// <summary>Endpoint metadata: using this endpoint keeps a session from idling out. A favicon or a status poll does not.</summary>
internal sealed class KeepsSessionAlive;

/// <summary>The request brought a cookie, and whose it is could not be read.</summary>
internal sealed record SessionUnknown(StoreUnavailableException Reason);

internal static class SessionFeatureExtensions
{
    /// <returns>Null when nobody is signed in.</returns>
    /// <exception cref="StoreUnavailableException">Whether somebody is cannot be said now. What does not ask is served all the same.</exception>
    public static Session? GetSession(this HttpContext context) =>
        context.Features.Get<SessionUnknown>() is { } unknown ? throw unknown.Reason : context.FindSession();

    /// <returns>Null also when whose the cookie is could not be read.</returns>
    public static Session? FindSession(this HttpContext context) => context.Features.Get<SessionFeature>()?.Session;
}
