using Bff.Sessions;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Bff.Sessions.Store.PostgreSql;
using Bff.Sessions.Store.Sql;
using Bff.Tests;
using Bff.Tests.Sessions;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Bff.ClusterTests.Stores;

public sealed class PostgreSqlSessionStoreTests(PostgreSqlFixture postgres) : SqlSessionStoreContract
{
    private static readonly TimeSpan Timeout = PostgreSqlUnderTest.Timeout;

    private PostgreSqlDatabase Server => (PostgreSqlDatabase)Database;

    private protected override Task<StorageUnderTest> OpenAsync() => PostgreSqlUnderTest.OpenAsync(postgres);

    [Fact]
    public async Task A_database_from_before_the_store_said_what_can_read_it_is_taken_as_it_is()
    {
        var session = await AddAsync();
        await Sql.ExecuteAsync("ALTER TABLE bff_schema DROP COLUMN readable_from");
        Server.FindMigration().ShouldBeNull();
        Server.Prepare();
        (await Store.FindAsync(session.Id, default))!.Tokens.ShouldBe(session.Tokens);
        await Sql.UpgradeBeyondAsync(readableFrom: SessionSchema.Version);
    }

    [Fact]
    public async Task Nodes_that_start_together_make_one_schema()
    {
        var connection = await postgres.Server.CreateDatabaseAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            await using var database = new PostgreSqlDatabase(connection, Timeout);
            database.Prepare();
        })));
    }

    [Fact]
    public async Task A_database_of_the_first_version_is_brought_up_to_date_and_keeps_its_sessions()
    {
        var session = await AddAsync();
        await using (var connection = await Server.DataSource.OpenConnectionAsync())
        {
            connection.Execute(BackToTheFirstVersion + " ALTER TABLE bff_schema DROP COLUMN readable_from; UPDATE bff_schema SET version = 1;");
        }

        var migrated = new System.Collections.Concurrent.ConcurrentQueue<SchemaMigration>();
        Server.Migrated = migrated.Enqueue;
        var announced = Server.FindMigration();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(Server.Prepare)));
        announced.ShouldBe(new SchemaMigration(1, SessionSchema.Version, SessionSchema.ReadableFrom));
        migrated.ShouldHaveSingleItem("one of them did it").ShouldBe(announced);
        (await Directory.FindByHandleAsync($"{session.Id}", default))!.Tokens.ShouldBe(session.Tokens);
        (await Directory.SearchAsync(new("alice"), null, 10, Now, default)).Count.ShouldBe(1);
    }

    /// <summary>As <c>pg_restore --clean</c> of an old dump leaves it: what the dump does not know stays.</summary>
    [Fact]
    public async Task An_old_dump_that_was_restored_over_a_newer_database_is_brought_up_to_date()
    {
        var session = await AddAsync();
        await Sql.ExecuteAsync(BackToTheFirstVersion +
            """
            CREATE TABLE used_once (id TEXT NOT NULL PRIMARY KEY, forget_at BIGINT NOT NULL);
            CREATE INDEX used_once_end ON used_once (forget_at);
            CREATE TABLE nodes (
                name TEXT NOT NULL PRIMARY KEY, version TEXT NOT NULL, url TEXT, started_at BIGINT NOT NULL, seen_at BIGINT NOT NULL, ready BIGINT NOT NULL);
            UPDATE bff_schema SET version = 1;
            """);
        Server.Prepare();
        (await Store.FindAsync(session.Id, default))!.Tokens.ShouldBe(session.Tokens);
    }

    [Fact]
    public async Task A_schema_that_somebody_has_to_mend_is_not_waited_for()
    {
        await Sql.ExecuteAsync("UPDATE bff_schema SET version = 1");   // and the columns of later versions are there
        Should.Throw<IOException>(Server.Prepare).Message.ShouldEndWith("(42701)");
        await Sql.ExecuteAsync($"UPDATE bff_schema SET version = {SessionSchema.Version}");
    }

    [Fact]
    public async Task A_session_that_nobody_waits_for_any_longer_does_not_come_into_being()
    {
        var there = await AddAsync();
        var late = there with { Id = SessionKey.New().Id, Sid = "late" };
        var limit = new SessionLimit(5, TooManySessions.EndOldest);
        await using (var connection = await Server.DataSource.OpenConnectionAsync())
        {
            await using var transaction = await connection.BeginTransactionAsync();
            connection.Execute("LOCK TABLE sessions IN EXCLUSIVE MODE");
            var watched = Watched(new() { StoreTimeout = TimeSpan.FromMilliseconds(500) });
            await Should.ThrowAsync<SessionStoreException>(watched.AddAsync(late, [], limit, default));
        }

        // Whatever still came of it would be there before who waits for the same lock.
        var next = there with { Id = SessionKey.New().Id, Sid = "next" };
        await Store.AddAsync(next, [], limit, default);
        (await FoundAsync("alice")).ShouldBe([there.Id, next.Id], ignoreOrder: true);
    }

    [Fact]
    public async Task A_write_that_a_deadlock_took_back_is_done_again()
    {
        var (first, second) = (await AddAsync(), await AddAsync());
        await using var connection = await Server.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        connection.Execute($"SET LOCAL deadlock_timeout = '1min'; UPDATE sessions SET failures = 0 WHERE id = '{second.Id.Value}'");
        var removal = Watched(new() { StoreTimeout = TimeSpan.FromSeconds(20) }).RemoveUserAsync("alice", null, EndReasons.EndedByAdmin, default);
        await using (var watcher = await Server.DataSource.OpenConnectionAsync())
        {
            const string Waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'";
            while (watcher.Read(Waiting) == 0) { await Task.Yield(); }
        }

        connection.Execute($"UPDATE sessions SET failures = 0 WHERE id = '{first.Id.Value}'");
        await transaction.CommitAsync();

        (await removal).Select(session => session.Id).ShouldBe([first.Id, second.Id], ignoreOrder: true);
    }

    private InstrumentedSessionStore Watched(SessionsOptions options) => new(
        StoreOf(new SessionClient()), Server, new StoreHealth(Clock, NullLogger<StoreHealth>.Instance),
        new SessionMetrics(
            new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(),
            new SignInPlaces(() => [])),
        new Audit(NullLogger<Audit>.Instance, Clock, new AuditedClient()),
        new SessionEvents([], Clock, NullLogger<SessionEvents>.Instance), FixedOptions.Of(options), TimeProvider.System,
        NullLogger<InstrumentedSessionStore>.Instance);

    [Fact]
    public async Task Two_nodes_share_one_key_ring()
    {
        var session = await AddAsync();
        var first = KeyRing();
        var second = KeyRing();
        var sealedTokens = first.Protect(session.Id, session.Tokens!);
        second.Unprotect(session.Id, sealedTokens).ShouldBe(session.Tokens);
    }

    [Fact]
    public void A_server_that_does_not_answer_is_named_with_its_setting() =>
        Should.Throw<SessionStoreException>(() => new PostgreSqlDatabase("Host=127.0.0.1;Port=1;Username=bff;Database=bff", Timeout).Prepare())
            .Message.ShouldStartWith("Bff:Sessions:ConnectionString: ");

    [Fact]
    public void A_connection_string_of_another_database_is_named_with_its_setting() =>
        Should.Throw<IOException>(
            () => new PostgreSqlDatabase("Data Source=data/bff.db;Nonsense=1", Timeout)).Message.ShouldStartWith("Bff:Sessions:ConnectionString: ");

    private TokenProtector KeyRing()
    {
        var services = new ServiceCollection().AddLogging();
        services.AddDataProtection().SetApplicationName("Bff");
        services.Configure<Microsoft.AspNetCore.DataProtection.KeyManagement.KeyManagementOptions>(
            keys => keys.XmlRepository = Server.OpenKeyRing(NullLoggerFactory.Instance));
        return new TokenProtector(services.BuildServiceProvider().GetRequiredService<IDataProtectionProvider>(), NullLogger<TokenProtector>.Instance);
    }
}
