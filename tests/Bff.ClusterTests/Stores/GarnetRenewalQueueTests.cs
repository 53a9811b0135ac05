using Bff.ClusterTests.Redis;
using Bff.Tests.Sessions;

namespace Bff.ClusterTests.Stores;

[Collection(nameof(GarnetInProcess))]
public sealed class GarnetRenewalQueueTests(GarnetInProcess servers) : RenewalQueueContract
{
    private protected override Task<StorageUnderTest> OpenAsync() => RedisUnderTest.OpenAsync(servers);
}
