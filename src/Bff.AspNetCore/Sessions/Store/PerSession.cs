using System.Collections.Concurrent;

namespace Bff.Sessions.Store;

/// <summary>What is open on this node for each session, such as its event streams; those of a session are told of its changes.</summary>
internal sealed class PerSession<T> : IDisposable
    where T : class
{
    private readonly ConcurrentDictionary<SessionId, T[]> _open = new();
    private readonly SessionCache _sessions;
    private readonly Action<SessionChange, T[]> _changed;
    private readonly Action<T> _missed;

    /// <param name="sessions">Has dropped its copy by the time anybody is told.</param>
    /// <param name="changed">A session was written that something is open for.</param>
    /// <param name="missed">Changes may have gone unnoticed.</param>
    public PerSession(SessionCache sessions, Action<SessionChange, T[]> changed, Action<T> missed)
    {
        (_sessions, _changed, _missed) = (sessions, changed, missed);
        _sessions.Dropped += Tell;
        _sessions.Distrusted += TellAll;
    }

    public IEnumerable<KeyValuePair<SessionId, T[]>> BySession => _open;

    public IEnumerable<T> All => _open.SelectMany(entry => entry.Value);

    /// <returns>False when the session has <paramref name="max"/> already.</returns>
    public bool TryAdd(SessionId session, T item, int max = int.MaxValue) =>
        _open.AddOrUpdate(session, [item], (_, open) => open.Length < max ? [.. open, item] : open).Contains(item);

    public void Remove(SessionId session, T item)
    {
        var left = _open.AddOrUpdate(session, [], (_, open) => [.. open.Where(one => one != item)]);
        if (left.Length == 0) { _open.TryRemove(KeyValuePair.Create(session, left)); }
    }

    private void Tell(SessionChange change)
    {
        if (_open.TryGetValue(change.Id, out var open)) { _changed(change, open); }
    }

    private void TellAll()
    {
        foreach (var item in All) { _missed(item); }
    }

    public void Dispose()
    {
        _sessions.Dropped -= Tell;
        _sessions.Distrusted -= TellAll;
    }
}
