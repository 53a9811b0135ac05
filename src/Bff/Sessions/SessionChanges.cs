namespace Bff.Sessions;

/// <param name="Id">The session that was written.</param>
/// <param name="DueAt">Its new due time, when the write set one.</param>
/// <param name="Remote">Another node wrote it.</param>
internal sealed record SessionChange(SessionId Id, DateTimeOffset? DueAt, bool Remote = false);

/// <summary>Tells this node what was written, here or elsewhere: the cache drops its copy, the scheduler wakes earlier.</summary>
internal sealed class SessionChanges
{
    private volatile bool _blind;

    public event Action<SessionChange>? Published;

    /// <summary>Raised when writes of other nodes may have gone unheard.</summary>
    public event Action? Missed;

    /// <summary>While other nodes cannot be heard no copy of a session may be trusted.</summary>
    public bool Blind
    {
        get => _blind;
        set
        {
            _blind = value;
            if (value) { Missed?.Invoke(); }
        }
    }

    public void Publish(SessionId id, DateTimeOffset? dueAt = null) => Published?.Invoke(new SessionChange(id, dueAt));

    public void PublishRemote(SessionId id, DateTimeOffset? dueAt) => Published?.Invoke(new SessionChange(id, dueAt, Remote: true));
}
