using Bff.Sessions.Keys;
using Microsoft.Extensions.Options;

namespace Bff.Sessions.Store;

/// <summary>
/// Read-through copies of sessions for <c>CacheLifetime</c>, dropped at once when this node learns of a change. While changes cannot be heard the store is read
/// for every request; while it cannot be read either, copies serve on.
/// </summary>
internal sealed class SessionCache : IDisposable
{
    /// <summary>
    /// How often what stays open for a session looks at it, in case nobody tells of a change or its end: with a tick and a slow store within 15 s.
    /// </summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(12);

    private const int Stripes = 256;

    private readonly ISessionStore _store;
    private readonly SessionChanges _changes;
    private readonly StoreHealth _health;
    private readonly IOptionsMonitor<SessionsOptions> _options;
    private readonly TimeProvider _clock;
    private readonly SessionMetrics _metrics;
    private readonly SessionCopies _copies;
    private readonly LiveKeys? _keys;

    /// <summary>Counts changes a stripe, so a copy read before a change is never kept after it.</summary>
    private readonly int[] _generations = new int[Stripes];

    /// <summary>Counts the times when changes may have gone unheard.</summary>
    private int _epoch;

    public SessionCache(
        ISessionStore store, SessionChanges changes, StoreHealth health, IOptionsMonitor<SessionsOptions> options, SessionMetrics metrics, TimeProvider clock,
        LiveKeys? keys = null)
    {
        (_store, _changes, _health, _options, _metrics, _clock) = (store, changes, health, options, metrics, clock);
        _copies = new(clock);
        _changes.Published += Drop;
        _changes.Missed += Distrust;
        _keys = keys;
        if (_keys is not null) { _keys.Revoked += Distrust; }   // a copy of what it sealed would be found to be as the store has it
    }

    /// <summary>A session was written, and its copy is gone: who looks for it now reads the store.</summary>
    public event Action<SessionChange>? Dropped;

    /// <summary>Writes of other nodes may have gone unnoticed, or a key was revoked: no copy of before is trusted.</summary>
    public event Action? Distrusted;

    public ValueTask<Session?> FindAsync(SessionId id, CancellationToken cancellationToken)
    {
        var options = _options.CurrentValue;
        if (options.CacheLifetime == TimeSpan.Zero)
        {
            _metrics.LookedUp("bypass");
            _copies.Clear();
            return new(ReadForCallsAsync(id, cancellationToken));
        }

        var (trusted, epoch) = (!_changes.Blind, Volatile.Read(ref _epoch));
        if (trusted && CopyOf(id, options.CacheLifetime) is { } copy && copy.Epoch == epoch)
        {
            _metrics.LookedUp("hit");
            return new(_copies.Read(copy));
        }

        return ReadAsync(id, trusted, epoch, options, cancellationToken);
    }

    /// <summary>
    /// Looks at sessions that something is open for, many with one operation of the store: whose copy is as the store has it serves on, and what nobody has
    /// told this node of is told now.
    /// </summary>
    /// <exception cref="SessionStoreException">The store cannot be read now.</exception>
    public async Task LookAsync(IEnumerable<SessionId> ids, CancellationToken cancellationToken)
    {
        foreach (var some in ids.Chunk(SessionGlance.MaxAtOnce))
        {
            var (now, copies) = (_clock.GetUtcNow(), Array.ConvertAll(some, _copies.Find));
            var there = (await _store.GlanceAsync(some, cancellationToken)).ToDictionary(glance => glance.Id);
            for (var i = 0; i < some.Length; i++)
            {
                var found = there.GetValueOrDefault(some[i]);

                // Without a copy there is nothing to compare: who needs the session reads it anyway.
                if (found is null || copies[i]?.TryConfirm(found, now) == false) { _changes.Publish(new SessionChange(some[i], DueAt: null, Remote: true)); }
            }
        }
    }

    /// <summary>Before this node writes what a renewal makes of a session: whether there is a copy that one of the new version may take the place of.</summary>
    /// <param name="next">As it will be.</param>
    /// <returns>
    /// For <see cref="Renew"/>; null when nobody calls it here, copies are not trusted, or the session had a longer life by then than the renewal knows of.
    /// </returns>
    public SessionCopyPlace? Expect(Session next)
    {
        var (epoch, generation) = (Volatile.Read(ref _epoch), Volatile.Read(ref Generation(next.Id)));   // before the copy, or a change between went unseen
        if (_changes.Blind || CopyOf(next.Id, _options.CurrentValue.CacheLifetime) is not { } copy || copy.Epoch != epoch) { return null; }
        return copy.IsBefore(next) ? new(generation, epoch, _clock.GetUtcNow()) : null;
    }

    /// <summary>
    /// Keeps a copy of what this node has just written, so that the next call need not read it: unless a change came between that was not this write's own.
    /// </summary>
    public void Renew(SessionCopyPlace place, Session written)
    {
        var ours = place.Generation + 1;
        if (Volatile.Read(ref Generation(written.Id)) != ours) { return; }
        Keep(new(written, place.At, place.Epoch), ours, _options.CurrentValue);
    }

    /// <summary>Unless the session has changed since, or does while the copy is put there.</summary>
    private void Keep(SessionCopy copy, int generation, SessionsOptions options)
    {
        _copies.Keep(copy, options.MaxCachedSessions, options.OutageCopies);
        if (Volatile.Read(ref Generation(copy.Id)) != generation) { _copies.Remove(copy.Id); }
    }

    private async ValueTask<Session?> ReadAsync(SessionId id, bool trusted, int epoch, SessionsOptions options, CancellationToken cancellationToken)
    {
        var outageCopies = options.OutageCopies;

        // Nobody waits to hear once more that the store is away.
        if (_health.CannotRead && SpareCopyOf(id, outageCopies) is { } spare) { return spare; }
        var (generation, now) = (Volatile.Read(ref Generation(id)), _clock.GetUtcNow());
        try
        {
            if (trusted && _copies.Find(id) is { } old && old.Epoch == epoch && await IsStillSoAsync(old, now, cancellationToken))
            {
                _metrics.LookedUp("confirmed");
                _copies.TrimWhenDue(options.MaxCachedSessions, outageCopies);   // where all calls end here nothing else would
                return _copies.Read(old);
            }

            _metrics.LookedUp(trusted ? "miss" : "bypass");
            var session = await _store.FindAsync(id, cancellationToken);
            if (session?.Tokens is null) { return session; }   // what cannot be read may be the next time, when its key has been
            Keep(new(session, now, epoch), generation, options);
            return ForCalls(session);   // as those find it who come after
        }
        catch (SessionStoreException) when (SpareCopyOf(id, outageCopies) is { } found)
        {
            return found;
        }
    }

    /// <summary>To look at the row is cheaper than to read it: there are tokens to be decrypted, and a copy to be packed.</summary>
    private async Task<bool> IsStillSoAsync(SessionCopy copy, DateTimeOffset now, CancellationToken cancellationToken)
    {
        try
        {
            return await _store.GlanceAsync([copy.Id], cancellationToken) is [var found] && copy.TryConfirm(found, now);
        }
        catch (SessionStoreException error) when (error.IsDamage)
        {
            return false;   // who reads it finds out whether that is one session's or the store's
        }
    }

    private async Task<Session?> ReadForCallsAsync(SessionId id, CancellationToken cancellationToken) =>
        ForCalls(await _store.FindAsync(id, cancellationToken));

    /// <summary>Without what calls do not need, and nobody else may see.</summary>
    private static Session? ForCalls(Session? session) => session?.Tokens is { } tokens ? session with { Tokens = tokens.ForCalls() } : session;

    private Session? SpareCopyOf(SessionId id, TimeSpan outageCopies)
    {
        if (CopyOf(id, outageCopies) is not { } copy) { return null; }
        _metrics.LookedUp("outage");
        return _copies.Read(copy);
    }

    private SessionCopy? CopyOf(SessionId id, TimeSpan lifetime) =>
        _copies.Find(id) is { } copy && Math.Abs(_clock.GetUtcNow().UtcTicks - copy.ReadAtTicks) < lifetime.Ticks ? copy : null;

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
        if (_keys is not null) { _keys.Revoked -= Distrust; }
    }
}
