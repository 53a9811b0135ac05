using System.Globalization;
using StackExchange.Redis;

namespace Bff.ClusterTests.Redis;

/// <summary>A real Redis Cluster of three primaries, and replicas where they are asked for.</summary>
public sealed class RedisCluster : IAsyncDisposable
{
    private const int Primaries = 3;

    private readonly RedisServer[] _servers;

    private RedisCluster(RedisServer[] servers) => _servers = servers;

    public IReadOnlyList<RedisServer> Servers => _servers;

    public string ConnectionString => string.Join(',', _servers.Select(server => server.ConnectionString));

    /// <param name="replicas">Of each primary.</param>
    /// <param name="settings">Of every server, as the command line has them.</param>
    public static async Task<RedisCluster> StartAsync(int replicas = 0, params string[] settings)
    {
        var starts = Enumerable.Range(0, Primaries * (1 + replicas))
            .Select(_ => RedisServer.StartAsync(["--cluster-enabled", "yes", .. settings])).ToList();
        await ((Task)Task.WhenAll(starts)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var cluster = new RedisCluster([.. starts.Where(start => start.IsCompletedSuccessfully).Select(start => start.Result)]);
        try
        {
            await Task.WhenAll(starts);
            await cluster.JoinAsync(replicas);
            await cluster.BecomesWholeAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    private Task JoinAsync(int replicas) => RedisServer.CommandAsync(
        ["--cluster", "create", .. _servers.Select(server => server.ConnectionString), "--cluster-replicas", $"{replicas}", "--cluster-yes"]);

    public Task BecomesWholeAsync() => Eventually.HappensAsync(IsWholeAsync, "the cluster is whole");

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers) { await server.DisposeAsync(); }
    }

    /// <summary>Every server knows all others, and replicas have what their primaries have.</summary>
    private async Task<bool> IsWholeAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(ConnectionString + ",allowAdmin=true");
        foreach (var server in connection.GetServers())
        {
            var info = (string?)await server.ExecuteAsync("CLUSTER", "INFO") ?? "";
            var known = string.Create(CultureInfo.InvariantCulture, $"cluster_known_nodes:{_servers.Length}\r");
            if (!info.Contains("cluster_state:ok", StringComparison.Ordinal) || !info.Contains(known, StringComparison.Ordinal)) { return false; }
            var replication = (await server.InfoAsync("replication")).Single().ToDictionary();
            if (replication["role"] == "slave" && replication["master_link_status"] != "up") { return false; }
        }

        return true;
    }
}
