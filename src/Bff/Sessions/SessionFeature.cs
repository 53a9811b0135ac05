namespace Bff.Sessions;

/// <summary>The session this request was authenticated with; nobody reads the store again for it.</summary>
internal sealed class SessionFeature(Session session)
{
    public Session Session { get; set; } = session;
}

/// <summary>Endpoint metadata: using this endpoint does not keep an idle session alive.</summary>
internal sealed class DoesNotSlide;

internal static class SessionFeatureExtensions
{
    public static Session? GetSession(this HttpContext context) => context.Features.Get<SessionFeature>()?.Session;
}
