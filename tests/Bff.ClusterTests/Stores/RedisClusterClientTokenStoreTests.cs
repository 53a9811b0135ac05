using Bff.ClusterTests.Redis;
using Bff.Tests.Sessions;

namespace Bff.ClusterTests.Stores;

[Collection(nameof(ClusteredRedis))]
public sealed class RedisClusterClientTokenStoreTests(ClusteredRedis servers) : ClientTokenStoreContract
{
    private protected override Task<StorageUnderTest> OpenAsync() => RedisUnderTest.OpenAsync(servers);
}
