using System.Globalization;
using Bff.Providers;
using Bff.Sessions;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Redis;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Bff.Faults;

/// <summary>Very many sessions in Redis: each is added by the product's store, as a sign-in adds it, many at a time.</summary>
internal sealed class RedisStock(RedisStorage storage, TokenProtector protector, ConnectionMultiplexer servers) : IAsyncDisposable
{
    private const int AtOnce = 200, Told = 100_000, Batch = 1000;

    private string _client = "";
    private long _emptyBytes;

    public static async Task<RedisStock> OpenAsync(RedisStorage storage, TokenProtector protector, string connectionString) =>
        new(storage, protector, await ConnectionMultiplexer.ConnectAsync(connectionString + ",allowAdmin=true,syncTimeout=60000,asyncTimeout=60000"));

    /// <param name="entries">Which.</param>
    /// <param name="template">What they have in common.</param>
    /// <param name="tokens">Of each.</param>
    /// <param name="client">Whose they are.</param>
    /// <param name="tell">Told now and then how many there are.</param>
    public async Task FillAsync(
        IEnumerable<SessionStock.Entry> entries, Session template, Func<SessionStock.Entry, TokenSet> tokens, string client, Action<int> tell)
    {
        (_client, _emptyBytes) = (client, await SumAsync("memory", "used_memory"));
        var clients = new SessionClients(new SessionClient { Name = client });
        var store = storage.OpenStore(protector, new SessionChanges(), Options.Create(clients), TimeProvider.System);
        var written = 0;
        await Parallel.ForEachAsync(entries, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (entry, cancellationToken) =>
        {
            await store.AddAsync(
                template with
                {
                    Id = entry.Id, Sid = "sid-" + entry.Id.Value, Subject = UserOf(entry), Tokens = tokens(entry), DueAt = entry.DueAt,
                    CreatedAt = template.CreatedAt.AddMilliseconds(-entry.Number),
                    Claims = [.. template.Claims.Select(claim => claim.Type == "sid" ? claim with { Value = $"provider-sid-{entry.Number}" } : claim)],
                },
                [], limit: null, cancellationToken);
            if (Interlocked.Increment(ref written) is var so && so % Told == 0) { tell(so); }
        });
        await SettleAsync();
    }

    /// <summary>The due times of the first ones are spread over a time.</summary>
    public async Task MoveDueAsync(IReadOnlyList<SessionStock.Entry> entries, DateTimeOffset start, TimeSpan length)
    {
        var database = servers.GetDatabase();
        foreach (var some in entries.Index().Chunk(Batch))
        {
            await Task.WhenAll(some.SelectMany(one =>
            {
                var (shard, due) = (RedisKeys.ShardOf(UserOf(one.Item)), (start + (length * one.Index / entries.Count)).ToUnixTimeMilliseconds());
                return new Task[]
                {
                    database.HashSetAsync(RedisKeys.Record(shard, one.Item.Id), "due", due),
                    database.SortedSetAddAsync(RedisKeys.Due(shard, _client), one.Item.Id.Value, due),
                };
            }));
        }
    }

    /// <summary>What the sessions take in the servers' memory, indexes included.</summary>
    public async Task<long> BytesAsync() => await SumAsync("memory", "used_memory") - _emptyBytes;

    /// <summary>What the servers take of their machines' memory, and on disk.</summary>
    public async Task<(long Resident, long File)> FootprintAsync() =>
        (await SumAsync("memory", "used_memory_rss"), await SumAsync("persistence", "aof_current_size"));

    private static string UserOf(SessionStock.Entry entry) => $"user-{entry.Number}";

    /// <summary>The append-only files are rewritten, as on a server that has been running: else that happens while something is measured.</summary>
    private async Task SettleAsync()
    {
        while (await SumAsync("persistence", "aof_rewrite_in_progress") > 0) { await Pause.ForAsync(Batch); }
        foreach (var server in servers.GetServers()) { await server.ExecuteAsync("BGREWRITEAOF"); }
        do { await Pause.ForAsync(Batch); }
        while (await SumAsync("persistence", "aof_rewrite_in_progress") > 0);
    }

    private async Task<long> SumAsync(string section, string figure)
    {
        long sum = 0;
        foreach (var server in servers.GetServers())
        {
            var all = (await server.InfoAsync(section)).SelectMany(group => group).ToDictionary();
            if (all.TryGetValue(figure, out var value)) { sum += long.Parse(value, CultureInfo.InvariantCulture); }
        }

        return sum;
    }

    public ValueTask DisposeAsync() => servers.DisposeAsync();
}
