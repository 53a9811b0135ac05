using Bff.Tests.Sessions;

namespace Bff.ClusterTests.Stores;

public sealed class PostgreSqlSessionDirectoryTests(PostgreSqlFixture postgres) : SessionDirectoryContract
{
    private protected override Task<StorageUnderTest> OpenAsync() => PostgreSqlUnderTest.OpenAsync(postgres);
}
