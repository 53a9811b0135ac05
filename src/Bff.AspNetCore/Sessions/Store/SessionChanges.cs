namespace Bff.Sessions.Store;

/// <summary>Tells this node what was written, here or elsewhere: the cache drops its copy, the scheduler wakes earlier, event streams say so.</summary>
internal sealed class SessionChanges
{
    private volatile bool _blind;

    public event Action<SessionChange>? Published;

    /// <summary>Sessions past their end were deleted here: which timeout, and how many. Too many at once to tell one by one, and nobody waits for it.</summary>
    public event Action<string, int>? Swept;

    /// <summary>A refresh token that no session has, or has any longer, was kept here to be revoked.</summary>
    public event Action? ToRevoke;

    /// <summary>Raised when writes of other nodes may have gone unheard.</summary>
    public event Action? Missed;

    /// <summary>While other nodes cannot be heard no copy of a session may be trusted, if the store can be read instead.</summary>
    public bool Blind
    {
        get => _blind;
        set
        {
            // Also when they can be heard again: what they wrote in between was not.
            if (_blind == value) { return; }
            _blind = value;
            Missed?.Invoke();
        }
    }

    public void Publish(SessionChange change) => Published?.Invoke(change);

    public void PublishSwept(string reason, int count) => Swept?.Invoke(reason, count);

    public void PublishToRevoke() => ToRevoke?.Invoke();

    public void Publish(SessionId id, DateTimeOffset? dueAt = null) => Publish(new SessionChange(id, dueAt));
}
