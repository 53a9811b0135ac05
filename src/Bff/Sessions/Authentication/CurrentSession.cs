namespace Bff.Sessions.Authentication;

/// <summary>The session this request was authenticated with; nobody reads the store again for it.</summary>
internal sealed class CurrentSession(Session session)
{
    public Session Session { get; } = session;
}
