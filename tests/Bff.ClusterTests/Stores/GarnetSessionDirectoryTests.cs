using Bff.ClusterTests.Redis;
using Bff.Tests.Sessions;

namespace Bff.ClusterTests.Stores;

[Collection(nameof(GarnetInProcess))]
public sealed class GarnetSessionDirectoryTests(GarnetInProcess servers) : SessionDirectoryContract
{
    private protected override Task<StorageUnderTest> OpenAsync() => RedisUnderTest.OpenAsync(servers);
}
