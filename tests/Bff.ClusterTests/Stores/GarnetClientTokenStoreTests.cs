using Bff.ClusterTests.Redis;
using Bff.Tests.Sessions;

namespace Bff.ClusterTests.Stores;

[Collection(nameof(GarnetInProcess))]
public sealed class GarnetClientTokenStoreTests(GarnetInProcess servers) : ClientTokenStoreContract
{
    private protected override Task<StorageUnderTest> OpenAsync() => RedisUnderTest.OpenAsync(servers);
}
