namespace Bff.Sessions.Authentication;

/// <summary>The request brought the cookie of a session that has ended.</summary>
/// <param name="Id">Which, if there ever was one.</param>
/// <param name="Reason">The timeout that ended it, while it is there to say so; null when the store has to be asked.</param>
/// <param name="IsGone">The store has no such session. It may have one that is over, or that no key here opens.</param>
internal sealed record SessionEnd(SessionId Id, string? Reason, bool IsGone = false);
