using Bff.ClusterTests.Redis;
using Bff.Tests.Sessions;

namespace Bff.ClusterTests.Stores;

[Collection(nameof(ClusteredRedis))]
public sealed class RedisClusterProviderLogoutTests(ClusteredRedis servers) : ProviderLogoutContract
{
    private protected override Task<StorageUnderTest> OpenAsync() => RedisUnderTest.OpenAsync(servers);
}
