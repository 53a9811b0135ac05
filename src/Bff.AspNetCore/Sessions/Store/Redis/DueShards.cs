namespace Bff.Sessions.Store.Redis;

/// <summary>
/// Where something is due, as it was last seen, and as claims have left it: where a rate limit lets a node claim one at a time, it does not ask all shards
/// before each.
/// </summary>
internal sealed class DueShards(TimeProvider clock)
{
    /// <summary>What became due earlier elsewhere in the meantime waits no longer than this for its turn.</summary>
    private static readonly TimeSpan RememberedFor = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<int, DateTimeOffset> _heads = [];
    private long? _askedAt;

    /// <returns>The earliest first; none when it is too long ago.</returns>
    public IReadOnlyList<int> DueAt(DateTimeOffset now)
    {
        lock (_lock)
        {
            if (_askedAt is not { } asked || clock.GetElapsedTime(asked) > RememberedFor) { return []; }
            return [.. _heads.Where(head => head.Value <= now).OrderBy(head => head.Value).Select(head => head.Key)];
        }
    }

    /// <summary>All shards were asked.</summary>
    public void Remember(IReadOnlyList<(int Shard, DateTimeOffset At)> heads)
    {
        lock (_lock)
        {
            _heads.Clear();
            foreach (var (shard, at) in heads) { _heads[shard] = at; }
            _askedAt = clock.GetTimestamp();
        }
    }

    /// <summary>A claim has left a shard like this.</summary>
    /// <param name="shard">Which.</param>
    /// <param name="head">The earliest that is left; null for none.</param>
    public void Remember(int shard, DateTimeOffset? head)
    {
        lock (_lock)
        {
            if (head is { } at) { _heads[shard] = at; }
            else { _heads.Remove(shard); }
        }
    }
}
