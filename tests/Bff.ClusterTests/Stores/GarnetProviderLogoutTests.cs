using Bff.ClusterTests.Redis;
using Bff.Tests.Sessions;

namespace Bff.ClusterTests.Stores;

[Collection(nameof(GarnetInProcess))]
public sealed class GarnetProviderLogoutTests(GarnetInProcess servers) : ProviderLogoutContract
{
    private protected override Task<StorageUnderTest> OpenAsync() => RedisUnderTest.OpenAsync(servers);
}
