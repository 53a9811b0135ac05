namespace Bff.Tests.Sessions;

public sealed class SqliteSessionDirectoryTests : SessionDirectoryContract
{
    private protected override Task<StorageUnderTest> OpenAsync() => Task.FromResult<StorageUnderTest>(new SqliteUnderTest());
}
