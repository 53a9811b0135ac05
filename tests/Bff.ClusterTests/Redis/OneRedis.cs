namespace Bff.ClusterTests.Redis;

/// <summary>One server.</summary>
[CollectionDefinition(nameof(OneRedis))]
public sealed class OneRedis : RedisKind, ICollectionFixture<OneRedis>
{
    private RedisServer? _server;

    public RedisServer Server => _server!;

    public override string ConnectionString => Server.ConnectionString;

    protected override async Task StartAsync() => _server = await RedisServer.StartAsync();

    protected override ValueTask StopAsync() => Server.DisposeAsync();
}
