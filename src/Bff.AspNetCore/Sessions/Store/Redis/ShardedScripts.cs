using System.Runtime.ExceptionServices;
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

    /// <summary>The shards with something due, the earliest first, and when that is; and whether all shards have said so.</summary>
    /// <param name="index">Of a shard.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    public async Task<(IReadOnlyList<(int Shard, DateTimeOffset At)> Heads, bool IsWhole)> EarliestAsync(
        Func<int, RedisKey> index, CancellationToken cancellationToken)
    {
        var database = connection.Database;
        var heads = await AnsweredAsync(
            [.. RedisKeys.AllShards.Select(shard => database.SortedSetRangeByRankWithScoresAsync(index(shard), 0, 0, flags: Primary))], cancellationToken);
        return (
        [
            .. heads.Where(head => head.Answer.Length > 0)
                .Select(head => (head.Asked, DateTimeOffset.FromUnixTimeMilliseconds((long)head.Answer[0].Score))).OrderBy(head => head.Item2),
        ],
        heads.Count == RedisKeys.Shards);
    }

    /// <summary>
    /// Takes up to <paramref name="take"/> of what is due: a share of each shard, and more of those that may have more while there is a rest. A shard that does
    /// not answer is passed over, so that what others have given is not lost.
    /// </summary>
    /// <param name="due">Shards with something due, the earliest first.</param>
    /// <param name="take">How many.</param>
    /// <param name="takeFromAsync">Takes some of one shard, and says whether it has more.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <exception cref="Exception">Nothing could be taken; this is why.</exception>
    public async Task<IReadOnlyList<T>> TakeAsync<T>(
        IEnumerable<int> due, int take, Func<int, int, Task<(IReadOnlyList<T> Taken, bool HasMore)>> takeFromAsync, CancellationToken cancellationToken)
    {
        var (taken, shards, why) = (new List<T>(), due.ToList(), (Exception?)null);
        while (shards.Count > 0 && taken.Count < take)
        {
            var rest = take - taken.Count;
            var asked = shards.Take(rest).ToList();
            var shares = asked.Select((shard, number) => (Shard: shard, Share: ShareOf(number, rest, asked.Count))).ToList();
            IReadOnlyList<(int Asked, (IReadOnlyList<T> Taken, bool HasMore) Answer)> found = [];
            try
            {
                found = await AnsweredAsync([.. shares.Select(share => takeFromAsync(share.Shard, share.Share))], cancellationToken);
            }
            catch (Exception error) when (IsNoAnswer(error))
            {
                why = error;
            }

            taken.AddRange(found.SelectMany(each => each.Answer.Taken));
            shards =
            [
                .. found.Where(each => each.Answer.HasMore).Select(each => shares[each.Asked].Shard),
                .. shards.Skip(asked.Count),
            ];
        }

        if (taken.Count == 0 && why is not null) { ExceptionDispatchInfo.Throw(why); }
        return taken;
    }

    /// <summary>What those yield who answer, each with its number: one server of several may be away, or hang.</summary>
    /// <exception cref="Exception">Nobody answers, or one has another reason not to.</exception>
    public async Task<IReadOnlyList<(int Asked, T Answer)>> AnsweredAsync<T>(IReadOnlyList<Task<T>> asked, CancellationToken cancellationToken)
    {
        var all = Task.WhenAll(asked);
        await ((Task)all).WaitAsync(connection.PatienceWithSome, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var answered = asked.Index().Where(each => each.Item.IsCompletedSuccessfully).Select(each => (each.Index, each.Item.Result)).ToList();
        var other = asked.Select(task => task.Exception?.InnerException).FirstOrDefault(error => error is not null && !IsNoAnswer(error));
        if (other is not null) { ExceptionDispatchInfo.Throw(other); }
        cancellationToken.ThrowIfCancellationRequested();
        return answered.Count > 0 ? answered : [.. (await all.WaitAsync(cancellationToken)).Index()];
    }

    /// <param name="head">The earliest time that is left of what is due in a shard, as scripts have it.</param>
    public static DateTimeOffset? TimeOf(RedisResult head) => head.IsNull ? null : SessionRecord.Time((RedisValue)head);

    public static bool IsNoAnswer(Exception error) => error is SessionStoreException or TimeoutException || RedisFailures.Of(error) is not null;

    private static int ShareOf(int number, int take, int of) => Math.Min(MaxShare, (take / of) + (number < take % of ? 1 : 0));
}
