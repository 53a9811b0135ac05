namespace Bff.Sessions.Store;

/// <param name="Id">The session that was written.</param>
/// <param name="DueAt">Its new due time, when the write set one.</param>
/// <param name="Ended">Why it ended, when this write ended it; one of <see cref="EndReasons"/>.</param>
/// <param name="Remote">Another node wrote it.</param>
/// <param name="Started">This write was the sign-in. Only the node that wrote it is told.</param>
internal sealed record SessionChange(SessionId Id, DateTimeOffset? DueAt, string? Ended = null, bool Remote = false, bool Started = false);
