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

    /// <summary>A slot is being moved, as when a cluster is given a server or loses one, until this is disposed; nothing of it has been moved.</summary>
    public async Task<IAsyncDisposable> MoveSlotOfAsync(RedisKey key)
    {
        var (slot, source) = (Admin.HashSlot(key), Admin.GetServer(key));
        var target = Admin.GetServers().First(server => !Equals(server.EndPoint, source.EndPoint));
        await target.ExecuteAsync("CLUSTER", "SETSLOT", slot, "IMPORTING", await IdOfAsync(source));
        await source.ExecuteAsync("CLUSTER", "SETSLOT", slot, "MIGRATING", await IdOfAsync(target));
        return new Move(slot, source, target);

        static async Task<string> IdOfAsync(IServer server) => (string)(await server.ExecuteAsync("CLUSTER", "MYID"))!;
    }

    private sealed class Move(int slot, IServer source, IServer target) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await source.ExecuteAsync("CLUSTER", "SETSLOT", slot, "STABLE");
            await target.ExecuteAsync("CLUSTER", "SETSLOT", slot, "STABLE");
        }
    }

    public override string ConnectionString => _cluster!.ConnectionString;

    protected override async Task StartAsync() => _cluster = await RedisCluster.StartAsync();

    protected override ValueTask StopAsync() => _cluster!.DisposeAsync();
}
