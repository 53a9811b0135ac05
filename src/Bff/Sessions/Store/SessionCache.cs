using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Bff.Sessions.Store;

/// <summary>
/// Read-through copies of sessions for <c>CacheLifetime</c>, dropped at once when this node learns of a change. While changes cannot be heard the store is read
/// for every request; while it cannot be read either, copies serve on.
/// </summary>
internal sealed class SessionCache : IDisposable
{
    /// <summary>How often what stays open for a session reads it, in case nobody tells of its end.</summary>
    public static readonly TimeSpan RereadInterval = TimeSpan.FromSeconds(15);

    private const int MaxEntries = 10_000;
    private const int Stripes = 256;

    private readonly ISessionStore _store;
    private readonly SessionChanges _changes;
    private readonly StoreHealth _health;
    private readonly IOptionsMonitor<SessionsOptions> _options;
    private readonly TimeProvider _clock;
    private readonly SessionMetrics _metrics;
    private readonly MemoryCache _copies = new(new MemoryCacheOptions { SizeLimit = MaxEntries });

    /// <summary>Counts changes a stripe, so a copy read before a change is never kept after it.</summary>
    private readonly int[] _generations = new int[Stripes];

    /// <summary>Counts the times when changes may have gone unheard.</summary>
    private int _epoch;

    private sealed record Copy(Session Session, DateTimeOffset ReadAt, int Epoch);

    public SessionCache(
        ISessionStore store, SessionChanges changes, StoreHealth health, IOptionsMonitor<SessionsOptions> options, SessionMetrics metrics, TimeProvider clock)
    {
        (_store, _changes, _health, _options, _metrics, _clock) = (store, changes, health, options, metrics, clock);
        _changes.Published += Drop;
        _changes.Missed += Distrust;
    }

    /// <summary>A session was written, and its copy is gone: who looks for it now reads the store.</summary>
    public event Action<SessionChange>? Dropped;

    /// <summary>Writes of other nodes may have gone unnoticed, and no copy of before is trusted.</summary>
    public event Action? Distrusted;

    public async ValueTask<Session?> FindAsync(SessionId id, CancellationToken cancellationToken)
    {
        var options = _options.CurrentValue;
        if (options.CacheLifetime == TimeSpan.Zero)
        {
            _metrics.LookedUp("bypass");
            return await _store.FindAsync(id, cancellationToken);
        }

        var now = _clock.GetUtcNow();
        var (trusted, epoch) = (!_changes.Blind, Volatile.Read(ref _epoch));
        if (trusted && _copies.TryGetValue(id, out Copy? copy) && copy!.Epoch == epoch && AgeOf(copy) < options.CacheLifetime)
        {
            _metrics.LookedUp("hit");
            return copy.Session;
        }

        // Nobody waits to hear once more that the store is away.
        if (_health.CannotRead && SpareCopy() is { } spare) { return spare; }
        _metrics.LookedUp(trusted ? "miss" : "bypass");
        var generation = Volatile.Read(ref Generation(id));
        try
        {
            var session = await _store.FindAsync(id, cancellationToken);
            if (session?.Tokens is null) { return session; }   // what cannot be read may be the next time, when its key has been
            var lifetime = options.OutageCopies;
            _copies.Set(id, new Copy(session, now, epoch), new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = lifetime });
            if (Volatile.Read(ref Generation(id)) != generation) { _copies.Remove(id); }
            return session;
        }
        catch (SessionStoreException) when (SpareCopy() is { } found)
        {
            return found;
        }

        TimeSpan AgeOf(Copy of) => (now - of.ReadAt).Duration();

        Session? SpareCopy()
        {
            if (!_copies.TryGetValue(id, out Copy? old) || AgeOf(old!) >= options.OutageCopies) { return null; }
            _metrics.LookedUp("outage");
            return old!.Session;
        }
    }

    /// <summary>Somebody wants this session to end, and the store cannot be told: no copy of it serves here any longer.</summary>
    public void Forget(SessionId id)
    {
        Interlocked.Increment(ref Generation(id));
        _copies.Remove(id);
    }

    private void Drop(SessionChange change)
    {
        Forget(change.Id);
        Dropped?.Invoke(change);
    }

    /// <summary>Copies of before are kept for a store that is away, and only for that.</summary>
    private void Distrust()
    {
        Interlocked.Increment(ref _epoch);
        Distrusted?.Invoke();
    }

    private ref int Generation(SessionId id) => ref _generations[(uint)id.GetHashCode() % Stripes];

    public void Dispose()
    {
        _changes.Published -= Drop;
        _changes.Missed -= Distrust;
        _copies.Dispose();
    }
}
