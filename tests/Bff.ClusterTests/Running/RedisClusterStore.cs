using System.Globalization;
using Bff.ClusterTests.Redis;
using Bff.Sessions;
using Bff.Sessions.Store.Redis;
using StackExchange.Redis;

namespace Bff.ClusterTests.Running;

/// <summary>Redis servers of its own, since they crash: one, or a cluster. They forget nothing that they have confirmed, and their own figures count.</summary>
internal sealed class RedisClusterStore(IReadOnlyList<RedisServer> servers, string connectionString, RedisCluster? cluster = null) : ClusterStore
{
    private const string EveryRecord = "bff:{s???}:r:*", Later = "later";

    private static readonly string[] ForgetsNothing = ["--appendonly", "yes", "--appendfsync", "always"];

    public static async Task<RedisClusterStore> StartOneAsync()
    {
        var server = await RedisServer.StartAsync(ForgetsNothing);
        return new([server], server.ConnectionString);
    }

    public static async Task<RedisClusterStore> StartClusterAsync()
    {
        var cluster = await RedisCluster.StartAsync(settings: ForgetsNothing);
        return new(cluster.Servers, cluster.ConnectionString, cluster);
    }

    public override IEnumerable<KeyValuePair<string, string?>> Settings =>
    [
        new("Bff:Sessions:Store", SessionsOptions.Redis),
        new("Bff:Sessions:ConnectionString", connectionString),
    ];

    public override Task CrashAsync()
    {
        foreach (var server in servers) { server.Kill(); }
        return Task.CompletedTask;
    }

    public override async Task ResumeAsync()
    {
        await Task.WhenAll(servers.Select(server => server.ResumeAsync()));
        if (cluster is not null) { await cluster.BecomesWholeAsync(); }
    }

    public override async Task AddWhatALaterVersionKnowsAsync()
    {
        await using var connection = await ConnectAsync();
        var database = connection.GetDatabase();
        await database.HashSetAsync(RedisKeys.Schema, [new("version", RedisSchema.Version + 1), new("readable_from", RedisSchema.Version)]);
        await Task.WhenAll(RecordsAt(connection).Select(record => database.HashSetAsync(record, [new("v", SessionRecord.Major + ".9"), new(Later, "on")])));
    }

    public override async Task<long> CountWhatALaterVersionKnowsAsync()
    {
        await using var connection = await ConnectAsync();
        var database = connection.GetDatabase();
        var kept = await Task.WhenAll(RecordsAt(connection).Select(record => database.HashGetAsync(record, ["v", Later])));
        return kept.LongCount(fields => fields[0] == SessionRecord.Major + ".9" && fields[1] == "on");
    }

    public override async Task<IReadOnlyDictionary<string, long>> CountOperationsAsync()
    {
        await using var connection = await ConnectAsync();
        var counts = await Task.WhenAll(connection.GetServers().Select(server => server.InfoAsync("commandstats")));
        return counts.SelectMany(stats => stats.Single()).Where(command => !IsOurs(command.Key)).GroupBy(command => command.Key)
            .ToDictionary(command => command.Key, command => command.Sum(at => CallsOf(at.Value)));
    }

    /// <summary>What this connection itself asks; and inside scripts each command counts, too.</summary>
    private static bool IsOurs(string command) => command is "cmdstat_info" || command.StartsWith("cmdstat_client", StringComparison.Ordinal)
        || command.StartsWith("cmdstat_config", StringComparison.Ordinal) || command.StartsWith("cmdstat_cluster", StringComparison.Ordinal)
        || command is "cmdstat_ping" or "cmdstat_echo";

    private static long CallsOf(string figures) => long.Parse(figures.Split(',')[0]["calls=".Length..], CultureInfo.InvariantCulture);

    private static List<RedisKey> RecordsAt(ConnectionMultiplexer connection) =>
        [.. connection.GetServers().SelectMany(server => server.Keys(pattern: EveryRecord))];

    private async Task<ConnectionMultiplexer> ConnectAsync() => await ConnectionMultiplexer.ConnectAsync(connectionString + ",allowAdmin=true");

    public override ValueTask DisposeAsync() => cluster?.DisposeAsync() ?? servers[0].DisposeAsync();
}
