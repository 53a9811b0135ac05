using Bff.Tests.Sessions;

namespace Bff.ClusterTests.Stores;

public sealed class PostgreSqlRenewalQueueTests(PostgreSqlFixture postgres) : RenewalQueueContract
{
    private protected override Task<StorageUnderTest> OpenAsync() => PostgreSqlUnderTest.OpenAsync(postgres);
}
