using Bff.Tests.Sessions;

namespace Bff.ClusterTests.Stores;

public sealed class PostgreSqlClientTokenStoreTests(PostgreSqlFixture postgres) : ClientTokenStoreContract
{
    private protected override Task<StorageUnderTest> OpenAsync() => PostgreSqlUnderTest.OpenAsync(postgres);
}
