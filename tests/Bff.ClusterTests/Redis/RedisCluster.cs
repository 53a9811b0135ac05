using System.Diagnostics;
using System.Globalization;
using StackExchange.Redis;

namespace Bff.ClusterTests.Redis;

/// <summary>A real Redis Cluster of three primaries.</summary>
public sealed class RedisCluster : IAsyncDisposable
{
    private const int Primaries = 3;

    private readonly RedisServer[] _servers;

    private RedisCluster(RedisServer[] servers) => _servers = servers;

    public IReadOnlyList<RedisServer> Servers => _servers;

    public string ConnectionString => string.Join(',', _servers.Select(server => server.ConnectionString));

    /// <param name="settings">Of each server, as the command line has them.</param>
    public static async Task<RedisCluster> StartAsync(params string[] settings)
    {
        var servers = await Task.WhenAll(Enumerable.Range(0, Primaries).Select(_ => RedisServer.StartAsync(["--cluster-enabled", "yes", .. settings])));
        var cluster = new RedisCluster(servers);
        using var create = Process.Start(
            new ProcessStartInfo("redis-cli", ["--cluster", "create", .. servers.Select(server => server.ConnectionString), "--cluster-yes"])
            {
                RedirectStandardOutput = true,
            })!;
        var said = await create.StandardOutput.ReadToEndAsync();
        await create.WaitForExitAsync();
        if (create.ExitCode != 0) { throw new InvalidOperationException("redis-cli: " + said); }
        await cluster.BecomesWholeAsync();
        return cluster;
    }

    public Task BecomesWholeAsync() => Eventually.HappensAsync(IsWholeAsync, "the cluster is whole");

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers) { await server.DisposeAsync(); }
    }

    private async Task<bool> IsWholeAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(ConnectionString + ",allowAdmin=true");
        foreach (var server in connection.GetServers())
        {
            var info = (string?)await server.ExecuteAsync("CLUSTER", "INFO") ?? "";
            var known = string.Create(CultureInfo.InvariantCulture, $"cluster_known_nodes:{Primaries}");
            if (!info.Contains("cluster_state:ok", StringComparison.Ordinal) || !info.Contains(known, StringComparison.Ordinal)) { return false; }
        }

        return true;
    }
}
