using Bff.ClusterTests.Redis;
using Bff.Tests.Sessions;

namespace Bff.ClusterTests.Stores;

[Collection(nameof(OneRedis))]
public sealed class RedisClientTokenStoreTests(OneRedis servers) : ClientTokenStoreContract
{
    private protected override Task<StorageUnderTest> OpenAsync() => RedisUnderTest.OpenAsync(servers);
}
