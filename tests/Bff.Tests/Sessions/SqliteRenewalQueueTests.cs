namespace Bff.Tests.Sessions;

public sealed class SqliteRenewalQueueTests : RenewalQueueContract
{
    private protected override Task<StorageUnderTest> OpenAsync() => Task.FromResult<StorageUnderTest>(new SqliteUnderTest());
}
