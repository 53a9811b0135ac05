using Bff.Sessions;

namespace Bff.Tests.Sessions;

public sealed class SqliteClientTokenStoreTests : ClientTokenStoreContract
{
    [Fact]
    public async Task What_nobody_will_ask_for_is_deleted_and_a_row_that_was_copied_opens_nothing()
    {
        var store = StoreOf(new SessionClient());
        foreach (var id in new[] { "old", "new" })
        {
            await store.ClaimClientTokenAsync(id, 0, Now, id, LeaseEnd, default);
            await store.CompleteClientTokenAsync(id, id, Tokens(id), Now.AddMinutes(id == "old" ? 1 : 5), default);
        }

        await Sql.ExecuteAsync("INSERT INTO client_tokens SELECT 'copy', version, tokens, NULL, 0, forget_at FROM client_tokens WHERE id = 'new'");
        (await store.FindClientTokenAsync("copy", default)).ShouldBe(new(null, 1));
        await store.RemoveEndedAsync(Now.AddMinutes(2), default);
        (await store.FindClientTokenAsync("old", default)).ShouldBeNull();
        (await store.FindClientTokenAsync("new", default)).ShouldNotBeNull();
    }

    private protected override Task<StorageUnderTest> OpenAsync() => Task.FromResult<StorageUnderTest>(new SqliteUnderTest());
}
