using System.Net;
using StackExchange.Redis;

namespace Bff.ClusterTests.Redis;

/// <summary>A cluster.</summary>
[CollectionDefinition(nameof(ClusteredRedis))]
public sealed class ClusteredRedis : RedisKind, ICollectionFixture<ClusteredRedis>
{
    private RedisCluster? _cluster;

    /// <summary>The one that has a key.</summary>
    public RedisServer ServerOf(RedisKey key)
    {
        var endPoint = (IPEndPoint)Admin.GetServer(key).EndPoint;
        return _cluster!.Servers.Single(server => server.Port == endPoint.Port);
    }

    public override string ConnectionString => _cluster!.ConnectionString;

    protected override async Task StartAsync() => _cluster = await RedisCluster.StartAsync();

    protected override ValueTask StopAsync() => _cluster!.DisposeAsync();
}
