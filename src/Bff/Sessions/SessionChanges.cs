namespace Bff.Sessions;

/// <param name="Id">The session that was written.</param>
/// <param name="DueAt">Its new due time, when the write set one.</param>
internal sealed record SessionChange(SessionId Id, DateTimeOffset? DueAt);

/// <summary>Tells this node what was written: the cache drops its copy, the scheduler wakes earlier.</summary>
internal sealed class SessionChanges
{
    public event Action<SessionChange>? Published;

    public void Publish(SessionId id, DateTimeOffset? dueAt = null) => Published?.Invoke(new SessionChange(id, dueAt));
}
