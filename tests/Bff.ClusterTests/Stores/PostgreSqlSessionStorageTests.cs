using Bff.Tests.Sessions;

namespace Bff.ClusterTests.Stores;

public sealed class PostgreSqlSessionStorageTests(PostgreSqlFixture postgres) : SessionStorageContract
{
    private protected override Task<StorageUnderTest> OpenAsync() => PostgreSqlUnderTest.OpenAsync(postgres);
}
