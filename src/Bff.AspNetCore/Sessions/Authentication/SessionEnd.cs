namespace Bff.Sessions.Authentication;

/// <summary>The request brought the cookie of a session that has ended.</summary>
/// <param name="Id">Which, if there ever was one.</param>
/// <param name="Reason">The timeout that ended it, while it is there to say so; null when the store has to be asked.</param>
internal sealed record SessionEnd(SessionId Id, string? Reason);
