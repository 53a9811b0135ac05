using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Bff.Sessions;

/// <summary>Read-through copies of sessions for <c>CacheLifetime</c>, dropped at once when this node learns of a change.</summary>
internal sealed class SessionCache : IDisposable
{
    private const int MaxEntries = 10_000;
    private const int Stripes = 256;

    private readonly ISessionStore _store;
    private readonly SessionChanges _changes;
    private readonly IOptionsMonitor<SessionsOptions> _options;
    private readonly TimeProvider _clock;
    private readonly SessionMetrics _metrics;
    private readonly MemoryCache _copies = new(new MemoryCacheOptions { SizeLimit = MaxEntries });

    /// <summary>Counts changes a stripe, so a copy read before a change is never kept after it.</summary>
    private readonly int[] _generations = new int[Stripes];

    private sealed record Copy(Session? Session, DateTimeOffset ReadAt);

    public SessionCache(ISessionStore store, SessionChanges changes, IOptionsMonitor<SessionsOptions> options, SessionMetrics metrics, TimeProvider clock)
    {
        (_store, _changes, _options, _metrics, _clock) = (store, changes, options, metrics, clock);
        _changes.Published += Drop;
        _changes.Missed += DropAll;
    }

    public async ValueTask<Session?> FindAsync(SessionId id, CancellationToken cancel)
    {
        var lifetime = _options.CurrentValue.CacheLifetime;
        if (lifetime == TimeSpan.Zero || _changes.Blind)
        {
            _metrics.LookedUp("bypass");
            return await _store.FindAsync(id, cancel);
        }

        var now = _clock.GetUtcNow();
        if (_copies.TryGetValue(id, out Copy? copy) && (now - copy!.ReadAt).Duration() < lifetime)
        {
            _metrics.LookedUp("hit");
            return copy.Session;
        }

        _metrics.LookedUp("miss");
        var generation = Volatile.Read(ref Generation(id));
        var session = await _store.FindAsync(id, cancel);
        if (session?.Tokens is not null)   // those that cannot be read may be the next time, when their key has been
        {
            _copies.Set(id, new Copy(session, now), new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = lifetime });
            if (Volatile.Read(ref Generation(id)) != generation) { _copies.Remove(id); }
        }

        return session;
    }

    private void Drop(SessionChange change)
    {
        Interlocked.Increment(ref Generation(change.Id));
        _copies.Remove(change.Id);
    }

    private void DropAll()
    {
        for (var stripe = 0; stripe < Stripes; stripe++) { Interlocked.Increment(ref _generations[stripe]); }
        _copies.Clear();
    }

    private ref int Generation(SessionId id) => ref _generations[(uint)id.GetHashCode() % Stripes];

    public void Dispose()
    {
        _changes.Published -= Drop;
        _changes.Missed -= DropAll;
        _copies.Dispose();
    }
}
