using Bff.ClusterTests.Redis;
using Bff.Tests.Sessions;

namespace Bff.ClusterTests.Stores;

[Collection(nameof(OneRedis))]
public sealed class RedisProviderLogoutTests(OneRedis servers) : ProviderLogoutContract
{
    private protected override Task<StorageUnderTest> OpenAsync() => RedisUnderTest.OpenAsync(servers);
}
