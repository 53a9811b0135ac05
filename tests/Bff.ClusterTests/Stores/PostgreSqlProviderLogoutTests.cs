using Bff.Tests.Sessions;

namespace Bff.ClusterTests.Stores;

public sealed class PostgreSqlProviderLogoutTests(PostgreSqlFixture postgres) : ProviderLogoutContract
{
    private protected override Task<StorageUnderTest> OpenAsync() => PostgreSqlUnderTest.OpenAsync(postgres);
}
