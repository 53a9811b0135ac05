namespace Bff.ClusterTests.Redis;

/// <summary>A cluster.</summary>
[CollectionDefinition(nameof(ClusteredRedis))]
public sealed class ClusteredRedis : RedisKind, ICollectionFixture<ClusteredRedis>
{
    private RedisCluster? _cluster;

    public override string ConnectionString => _cluster!.ConnectionString;

    protected override async Task StartAsync() => _cluster = await RedisCluster.StartAsync();

    protected override ValueTask StopAsync() => _cluster!.DisposeAsync();
}
