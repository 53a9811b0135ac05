using StackExchange.Redis;
using static Bff.Sessions.Store.Redis.RedisConnection;

namespace Bff.Sessions.Store.Redis;

/// <summary>
/// Notices that a server has come back empty, or was emptied: each shard keeps who prepared it first, a random name. Where that is gone, or is another one,
/// all of the shard is gone, and the keys may be, too.
/// </summary>
/// <param name="connection">To the servers.</param>
/// <param name="lost">Told once of each loss.</param>
internal sealed class ShardOrigins(RedisConnection connection, Action<SessionStoreException> lost)
{
    /// <summary>All shards are asked no more often than this: whoever calls with a cookie that leads nowhere is a reason to ask.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private RedisValue[]? _known;
    private long? _askedAt;

    /// <summary>Takes the servers as they are, and names what has no name.</summary>
    public async Task WriteAsync()
    {
        var (database, name) = (connection.Database, (RedisValue)Guid.NewGuid().ToString("N"));
        await Task.WhenAll(RedisKeys.AllShards.Select(shard => database.StringSetAsync(RedisKeys.Origin(shard), name, when: When.NotExists)));
        var known = await Task.WhenAll(RedisKeys.AllShards.Select(shard => AskAsync(database, shard)));
        lock (_lock) { _known = known; }
    }

    /// <summary>The name of a shard; null before it was prepared, or after it was lost.</summary>
    public string? Of(int shard) => Known?[shard];

    /// <summary>Before somebody is told that a session of this shard is not there.</summary>
    /// <exception cref="SessionStoreException">What was stored there is gone: it has to be prepared anew.</exception>
    public async Task EnsureKeptAsync(int shard, CancellationToken cancellationToken)
    {
        if (Known is not { } known) { return; }
        var found = await AskAsync(connection.Database, shard).WaitAsync(cancellationToken);
        if (found != known[shard]) { throw Lose(known); }
    }

    /// <summary>The same, of all shards, unless that was done a moment ago. One that does not answer says nothing.</summary>
    /// <exception cref="SessionStoreException">What was stored is gone: it has to be prepared anew.</exception>
    public async Task EnsureKeptAsync(TimeProvider clock, CancellationToken cancellationToken)
    {
        RedisValue[] known;
        lock (_lock)
        {
            if (_known is null || (_askedAt is { } asked && clock.GetElapsedTime(asked) < Interval)) { return; }
            (known, _askedAt) = (_known, clock.GetTimestamp());
        }

        var database = connection.Database;
        var answers = RedisKeys.AllShards.Select(shard => AskAsync(database, shard)).ToArray();
        await ((Task)Task.WhenAll(answers)).WaitAsync(connection.PatienceWithSome, TimeProvider.System, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        if (answers.Zip(known).Any(pair => pair.First.IsCompletedSuccessfully && pair.First.Result != pair.Second)) { throw Lose(known); }
    }

    /// <summary>Whether all shards can be read, and have what they had.</summary>
    /// <exception cref="SessionStoreException">What was stored is gone: it has to be prepared anew.</exception>
    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        var (database, known) = (connection.Database, Known);
        var found = await Task.WhenAll(RedisKeys.AllShards.Select(shard => AskAsync(database, shard))).WaitAsync(cancellationToken);
        if (known is not null && !found.SequenceEqual(known)) { throw Lose(known); }
    }

    private RedisValue[]? Known
    {
        get
        {
            lock (_lock) { return _known; }
        }
    }

    private static Task<RedisValue> AskAsync(IDatabase database, int shard) => database.StringGetAsync(RedisKeys.Origin(shard), Primary);

    /// <summary>Somebody has found another name than that of before.</summary>
    public SessionStoreException Lose() => Lose(Known);

    private SessionStoreException Lose(RedisValue[]? known)
    {
        var loss = new SessionStoreException(
            "Redis was emptied, or a server of it came back without what was stored there: those sessions are gone, and their users have to sign in again.")
        {
            IsUnanswered = true, IsLoss = true,
        };
        lock (_lock)
        {
            if (known is null || _known != known) { return loss; }   // prepared anew meanwhile, or somebody else has told
            _known = null;
        }

        lost(loss);
        return loss;
    }
}
