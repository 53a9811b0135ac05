using StackExchange.Redis;
using static Bff.Sessions.Store.Redis.RedisConnection;

namespace Bff.Sessions.Store.Redis;

/// <summary>Runs scripts, each in one shard; those of many shards are sent together.</summary>
internal sealed class ShardedScripts(RedisConnection connection)
{
    /// <summary>What one script takes at most: others wait until it is through.</summary>
    private const int MaxShare = 100;

    public async Task<RedisResult> RunAsync(string script, int shard, Arguments arguments, CancellationToken cancellationToken) =>
        await connection.Database.ScriptEvaluateAsync(script, RedisKeys.DeclaredOf(shard), arguments.ToArray(), flags: Primary).WaitAsync(cancellationToken);

    public async Task<IReadOnlyList<RedisResult>> RunInAllAsync(string script, Arguments arguments, CancellationToken cancellationToken)
    {
        var (database, values) = (connection.Database, arguments.ToArray());
        return await Task.WhenAll(RedisKeys.AllShards.Select(shard => database.ScriptEvaluateAsync(script, RedisKeys.DeclaredOf(shard), values, Primary)))
            .WaitAsync(cancellationToken);
    }

    /// <summary>The shards with something due, the earliest first, and when that is.</summary>
    /// <param name="index">Of a shard.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    public async Task<IReadOnlyList<(int Shard, DateTimeOffset At)>> EarliestAsync(Func<int, RedisKey> index, CancellationToken cancellationToken)
    {
        var database = connection.Database;
        var heads = await Task.WhenAll(RedisKeys.AllShards.Select(shard => database.SortedSetRangeByRankWithScoresAsync(index(shard), 0, 0, flags: Primary)))
            .WaitAsync(cancellationToken);
        return
        [
            .. heads.Index().Where(head => head.Item.Length > 0)
                .Select(head => (head.Index, DateTimeOffset.FromUnixTimeMilliseconds((long)head.Item[0].Score))).OrderBy(head => head.Item2),
        ];
    }

    /// <summary>
    /// Takes up to <paramref name="take"/> of what is due: a share of each shard, and more of those that may have more while there is a rest.
    /// </summary>
    /// <param name="due">Shards with something due, the earliest first.</param>
    /// <param name="take">How many.</param>
    /// <param name="takeFromAsync">Takes some of one shard.</param>
    public static async Task<IReadOnlyList<T>> TakeAsync<T>(
        IEnumerable<int> due, int take, Func<int, int, Task<IReadOnlyList<T>>> takeFromAsync)
    {
        var (taken, shards) = (new List<T>(), due.ToList());
        while (shards.Count > 0 && taken.Count < take)
        {
            var rest = take - taken.Count;
            var asked = shards.Take(rest).ToList();
            var shares = asked.Select((shard, number) => (Shard: shard, Share: ShareOf(number, rest, asked.Count))).ToList();
            var found = await Task.WhenAll(shares.Select(share => takeFromAsync(share.Shard, share.Share)));
            taken.AddRange(found.SelectMany(each => each));
            shards = [.. shares.Zip(found).Where(pair => pair.Second.Count == pair.First.Share).Select(pair => pair.First.Shard), .. shards.Skip(asked.Count)];
        }

        return taken;
    }

    private static int ShareOf(int number, int take, int of) => Math.Min(MaxShare, (take / of) + (number < take % of ? 1 : 0));
}
