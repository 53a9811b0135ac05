namespace Bff.Tests.Sessions;

public sealed class SqliteProviderLogoutTests : ProviderLogoutContract
{
    private protected override Task<StorageUnderTest> OpenAsync() => Task.FromResult<StorageUnderTest>(new SqliteUnderTest());
}
