using Bff.Sessions.Store.Sqlite;

namespace Bff.Tests.Sessions;

public sealed class SqliteSessionStorageTests : SessionStorageContract
{
    private protected override Task<StorageUnderTest> OpenAsync() => Task.FromResult<StorageUnderTest>(new SqliteUnderTest());

    [Fact]
    public async Task What_a_process_before_this_one_was_renewing_is_free_at_the_start_and_what_one_beside_it_renews_is_not()
    {
        var session = await AddAsync();
        await ClaimAsync(session, owner: "of a process that was killed");
        var file = ((SqliteUnderTest)Storage).ConnectionString;
        await using (var beside = new SqliteDatabase(file, "/", SqliteUnderTest.Timeout))
        {
            beside.FreeLeasesOfBefore(Now);
            (await ClaimAsync(session)).ShouldBeNull("the process that claimed it still uses the file");
        }

        await Database.DisposeAsync();
        await using (var next = new SqliteDatabase(file, "/", SqliteUnderTest.Timeout)) { next.FreeLeasesOfBefore(Now); }
        Database.Prepare();

        (await ClaimDueAsync()).Single().Session.Id.ShouldBe(session.Id);
    }
}
