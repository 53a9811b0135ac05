namespace Bff.Sessions;

/// <summary>The session this request was authenticated with; nobody reads the store again for it.</summary>
internal sealed class SessionFeature(Session session)
{
    public Session Session { get; } = session;
}

/// <summary>Endpoint metadata: using this endpoint keeps a session from idling out. A favicon or a status poll does not.</summary>
internal sealed class KeepsSessionAlive;

internal static class SessionFeatureExtensions
{
    public static Session? GetSession(this HttpContext context) => context.Features.Get<SessionFeature>()?.Session;
}
