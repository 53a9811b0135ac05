using System.Globalization;
using Bff.ClusterTests.Redis;
using Bff.Sessions;
using StackExchange.Redis;

namespace Bff.ClusterTests.Running;

/// <summary>A Redis server of its own, since it crashes. It forgets nothing that it has confirmed, and its own figures count.</summary>
internal sealed class RedisClusterStore(RedisServer server) : ClusterStore
{
    public static async Task<RedisClusterStore> StartAsync() =>
        new(await RedisServer.StartAsync("--appendonly", "yes", "--appendfsync", "always"));

    public override IEnumerable<KeyValuePair<string, string?>> Settings =>
    [
        new("Bff:Sessions:Store", SessionsOptions.Redis),
        new("Bff:Sessions:ConnectionString", server.ConnectionString),
    ];

    public override Task CrashAsync()
    {
        server.Kill();
        return Task.CompletedTask;
    }

    public override Task ResumeAsync() => server.ResumeAsync();

    public override async Task<IReadOnlyDictionary<string, long>> CountOperationsAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString + ",allowAdmin=true");
        var commands = (await connection.GetServers().Single().InfoAsync("commandstats")).Single();
        return commands.Where(command => !IsOurs(command.Key)).ToDictionary(command => command.Key, command => CallsOf(command.Value));
    }

    /// <summary>What this connection itself asks; and inside scripts each command counts, too.</summary>
    private static bool IsOurs(string command) => command is "cmdstat_info" || command.StartsWith("cmdstat_client", StringComparison.Ordinal)
        || command.StartsWith("cmdstat_config", StringComparison.Ordinal) || command is "cmdstat_ping" or "cmdstat_echo" or "cmdstat_cluster";

    private static long CallsOf(string figures) => long.Parse(figures.Split(',')[0]["calls=".Length..], CultureInfo.InvariantCulture);

    public override ValueTask DisposeAsync() => server.DisposeAsync();
}
