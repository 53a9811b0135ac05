namespace Bff.Sessions.Store;

/// <summary>A session that a timeout ended.</summary>
/// <param name="Id">The session.</param>
/// <param name="Reason">Which timeout; one of <see cref="EndReasons"/>.</param>
internal sealed record EndedSession(SessionId Id, string Reason);
