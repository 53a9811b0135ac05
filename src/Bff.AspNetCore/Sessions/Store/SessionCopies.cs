using System.Collections.Concurrent;

namespace Bff.Sessions.Store;

/// <summary>
/// The copies of a node, as many as it may have. Those used of late, and more than once, are there as objects, too, one for each of a fixed number of places:
/// a call of theirs allocates nothing here. To find one takes no lock.
/// </summary>
internal sealed class SessionCopies(TimeProvider clock)
{
    /// <summary>With access tokens of 900 bytes an object takes 3 KB.</summary>
    private const int Places = 4096;

    private static readonly TimeSpan TrimInterval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, SessionCopy> _copies = new(StringComparer.Ordinal);
    private readonly SessionCopy?[] _unpacked = new SessionCopy?[Places];
    private int _count;
    private int _trimming;
    private long _trimmedAt = clock.GetTimestamp();

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    public SessionCopy? Find(SessionId id) => _copies.GetValueOrDefault(id.Value);

    public Session Read(SessionCopy copy)
    {
        if (copy.Unpacked is { } unpacked) { return unpacked; }
        var session = copy.Unpack();
        TakePlace(copy);
        return session;
    }

    /// <param name="copy">The new one.</param>
    /// <param name="max">How many there may be. When there are, the longest unread give way to those that come after this one.</param>
    /// <param name="lifetime">Of no use any longer are those that were read so long ago.</param>
    public void Keep(SessionCopy copy, int max, TimeSpan lifetime)
    {
        TryKeep(copy, max);
        TrimWhenDue(max, lifetime);
    }

    /// <summary>Drops, on another thread, what is of no use any longer: once a minute, and at the bound.</summary>
    public void TrimWhenDue(int max, TimeSpan lifetime)
    {
        if (Count >= max || clock.GetElapsedTime(Volatile.Read(ref _trimmedAt)) >= TrimInterval) { TrimSoon(max, lifetime); }
    }

    /// <summary>All of them, when none is to be kept any longer.</summary>
    public void Clear()
    {
        if (Count == 0) { return; }
        foreach (var (_, copy) in _copies) { Drop(copy); }
    }

    public void Remove(SessionId id)
    {
        if (_copies.TryRemove(id.Value, out var copy)) { Forget(copy); }
    }

    private void TryKeep(SessionCopy copy, int max)
    {
        while (true)
        {
            if (_copies.TryGetValue(copy.Id.Value, out var old))
            {
                if (_copies.TryUpdate(copy.Id.Value, copy, old)) { return; }
            }
            else if (Count >= max)
            {
                return;
            }
            else if (_copies.TryAdd(copy.Id.Value, copy))
            {
                Interlocked.Increment(ref _count);
                return;
            }
        }
    }

    private void TakePlace(SessionCopy copy)
    {
        var before = Interlocked.Exchange(ref PlaceOf(copy), copy);
        if (before != copy) { before?.Fold(); }
        if (Find(copy.Id) != copy) { LeavePlace(copy); }   // dropped meanwhile
    }

    private ref SessionCopy? PlaceOf(SessionCopy copy) => ref _unpacked[(uint)copy.Id.GetHashCode() % Places];

    /// <summary>Whose call finds that it is time does not wait for it.</summary>
    private void TrimSoon(int max, TimeSpan lifetime)
    {
        if (Interlocked.Exchange(ref _trimming, 1) == 1) { return; }
        ThreadPool.QueueUserWorkItem(_ =>
        {
            try
            {
                Trim(max, lifetime);
            }
            finally
            {
                Volatile.Write(ref _trimmedAt, clock.GetTimestamp());
                Volatile.Write(ref _trimming, 0);
            }
        });
    }

    /// <summary>Drops what is of no use any longer; and where that leaves no room, a twentieth more than has to go, the longest unread.</summary>
    private void Trim(int max, TimeSpan lifetime)
    {
        var now = clock.GetUtcNow().UtcTicks;
        foreach (var (_, copy) in _copies)
        {
            if (Math.Abs(now - copy.ReadAtTicks) >= lifetime.Ticks) { Drop(copy); }
        }

        var room = Math.Max(max / 20, 1);
        if (Count <= max - room) { return; }
        foreach (var copy in _copies.Select(entry => entry.Value).OrderBy(copy => copy.ReadAtTicks).Take(Count - max + room).ToList()) { Drop(copy); }
    }

    /// <summary>Unless a newer one has taken its place.</summary>
    private void Drop(SessionCopy copy)
    {
        if (_copies.TryRemove(KeyValuePair.Create(copy.Id.Value, copy))) { Forget(copy); }
    }

    private void Forget(SessionCopy copy)
    {
        Interlocked.Decrement(ref _count);
        LeavePlace(copy);
    }

    private void LeavePlace(SessionCopy copy) => Interlocked.CompareExchange(ref PlaceOf(copy), null, copy);
}
