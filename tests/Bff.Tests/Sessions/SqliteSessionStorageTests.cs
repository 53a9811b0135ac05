namespace Bff.Tests.Sessions;

public sealed class SqliteSessionStorageTests : SessionStorageContract
{
    private protected override Task<StorageUnderTest> OpenAsync() => Task.FromResult<StorageUnderTest>(new SqliteUnderTest());
}
