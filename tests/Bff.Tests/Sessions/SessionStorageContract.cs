using Bff.Sessions;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Sql;

namespace Bff.Tests.Sessions;

/// <summary>What every storage promises of upgrades, and of nodes of another version beside this one.</summary>
public abstract class SessionStorageContract : StoreContract
{
    [Fact]
    public async Task A_store_of_the_next_version_is_used_when_it_says_that_this_one_can()
    {
        var session = await AddAsync();
        await Sql.UpgradeBeyondAsync(readableFrom: SessionSchema.Version);
        var migrated = new List<SchemaMigration>();
        Database.Migrated = migrated.Add;

        Database.FindMigration().ShouldBeNull();
        Database.Prepare();

        migrated.ShouldBeEmpty();
        (await FindAsync(session))!.Tokens.ShouldBe(session.Tokens);
        var lease = await ClaimAsync(await AddAsync());
        (await Queue.CompleteRenewalAsync(lease!, Tokens("new"), Now.AddMinutes(1), claims: null, default)).ShouldBeTrue();
        await Sql.UpgradeBeyondAsync(readableFrom: SessionSchema.Version);   // nothing of it was taken back
    }

    [Fact]
    public async Task A_store_of_the_next_version_that_does_not_say_so_is_left_alone()
    {
        await Sql.UpgradeBeyondAsync(readableFrom: SessionSchema.Version + 1);
        var refusal = Should.Throw<IOException>(Database.Prepare).Message;
        refusal.ShouldStartWith("Bff:Sessions:ConnectionString: ");
        refusal.ShouldContain(
            $"newer version of Bff (schema {SessionSchema.Version + 1}, for programs that know schema {SessionSchema.Version + 1}; this one knows "
            + $"{SessionSchema.Version})");
        Should.Throw<IOException>(() => Database.FindMigration());
    }

    [Fact]
    public async Task What_a_node_of_the_version_before_writes_is_taken_and_read()
    {
        // As schema 2 had it: a node that runs on while another one has migrated the store knows no client.
        var id = SessionKey.New().Id;
        await Sql.ExecuteAsync(
            $"""
            INSERT INTO sessions (id, sid, subject, name, provider_sid, claims, session_state, created_at, ends_at, absolute_ends_at, version, tokens, due_at, not_before, failures, lease_until)
            VALUES ('{id.Value}', 'sid', 'alice', 'alice', NULL, '[]', NULL, 0, {Now.AddHours(1).ToUnixTimeMilliseconds()}, {Now.AddHours(1).ToUnixTimeMilliseconds()}, 1, {Sql.EmptyBytes}, 0, 0, 0, 0)
            """);
        (await Store.FindAsync(id, default)).ShouldNotBeNull();
        await Store.RemoveEndedAsync(Now, default);
        (await ClaimDueAsync()).Select(lease => lease.Session.Id).ShouldContain(id);
    }

    [Fact]
    public async Task A_store_from_before_ends_were_remembered_is_brought_up_to_date()
    {
        var session = await AddAsync(dueIn: 0);
        await Sql.ExecuteAsync($"{BackToTheVersionWithoutProviders} DROP TABLE ends; ALTER TABLE sessions DROP COLUMN failing_since;");
        await Sql.SetVersionAsync(4);

        Database.FindMigration().ShouldBe(new SchemaMigration(4, SessionSchema.Version, SessionSchema.ReadableFrom));
        Database.Prepare();

        await Queue.ReleaseAsync((await ClaimAsync(session))!, Now.AddSeconds(8), Now, "http_503", default);
        (await FindAsync(session))!.FailingSince.ShouldBe(Now);
        await Store.RemoveAsync(session.Id, null, EndReasons.SignedOut, default);
        (await Store.FindEndAsync(session.Id, default)).ShouldBe(EndReasons.SignedOut);
    }

    [Fact]
    public async Task A_store_of_the_version_before_is_brought_up_to_date_and_a_node_of_that_version_goes_on_beside_this_one()
    {
        var (session, free) = (await AddAsync(), await AddAsync());
        await Sql.ExecuteAsync("DROP INDEX sessions_leased; DROP TABLE counts;");
        await Sql.SetVersionAsync(7);
        await ClaimAsync(session, owner: Guid.NewGuid().ToString("N"));   // its owners name no node

        Database.FindMigration().ShouldBe(new SchemaMigration(7, SessionSchema.Version, SessionSchema.ReadableFrom));
        Database.Prepare();

        await ClaimAsync(free, owner: Guid.NewGuid().ToString("N"));
        (await ClaimAsync(session)).ShouldBeNull();
        (await Queue.ClaimAsync(session.Id, session.Version, LeaseEnd, "me", LeaseEnd.AddSeconds(15), default)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_session_from_before_clients_were_named_belongs_to_who_renews_it_first()
    {
        var session = await AddAsync(dueIn: -1);
        await Sql.ExecuteAsync("UPDATE sessions SET client = NULL");
        var other = StoreOf(new SessionClient { Name = "other" });
        (await other.FindAsync(session.Id, default)).ShouldNotBeNull();

        (await FindAsync(session)).ShouldNotBeNull();

        await Store.RemoveEndedAsync(Now, default);   // as each node does when it starts

        (await ClaimDueAsync()).ShouldHaveSingleItem();
        (await other.FindAsync(session.Id, default)).ShouldBeNull();
        (await FindAsync(session)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_store_from_before_providers_were_named_is_brought_up_to_date_and_its_sessions_are_of_the_unnamed_one()
    {
        var session = await AddAsync(dueIn: 0);
        await Sql.ExecuteAsync(BackToTheVersionWithoutProviders);
        await Sql.SetVersionAsync(5);

        Database.FindMigration().ShouldBe(new SchemaMigration(5, SessionSchema.Version, SessionSchema.ReadableFrom));
        Database.Prepare();

        Database.FindMigration().ShouldBeNull();
        (await FindAsync(session))!.Tokens.ShouldBe(session.Tokens);
        await AddAsync();
        await using var connection = await Database.DataSource.OpenConnectionAsync();
        connection.Read("SELECT count(*) FROM sessions WHERE provider = '' AND front_end = ''").ShouldBe(2);
    }

    private const string BackToTheVersionWithoutProviders =
        "DROP INDEX sessions_provider_sid; ALTER TABLE sessions DROP COLUMN provider; ALTER TABLE sessions DROP COLUMN front_end;";
}
