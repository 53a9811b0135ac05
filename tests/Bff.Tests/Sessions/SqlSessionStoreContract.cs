using Bff.Sessions;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Sql;
using Microsoft.Extensions.Options;

namespace Bff.Tests.Sessions;

/// <summary>What every session store in a SQL database promises, too.</summary>
public abstract class SqlSessionStoreContract : SessionStoreContract
{
    [Fact]
    public async Task However_many_ends_are_to_be_forgotten_no_statement_deletes_more_than_a_batch()
    {
        var number = SqlStatements.Batch * 2 + 1;
        await Sql.ExecuteAsync(
            $"""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {number})
            INSERT INTO ends (id, reason, forget_at) SELECT 'end ' || i, 'idle_timeout', i FROM n;
            INSERT INTO used_once (id, forget_at) SELECT id, forget_at FROM ends;
            """);
        var counting = new TurnCounter(Database);
        var store = new SqlSessionStore(counting, Protector, Changes, Options.Create(new SessionClients()), Clock);

        await store.RemoveEndedAsync(Now, default);

        await Sql.ExecuteAsync("INSERT INTO ends (id, reason, forget_at) SELECT 'end 1', 'none of them is left', 1");
        counting.Turns.ShouldBe(8, "three for the ends, three for what was used once, one each for sessions that ended and those of an abandoned client");
    }

    /// <summary>How often the turn to write was taken.</summary>
    private sealed class TurnCounter(SessionDatabase database) : SessionDatabase
    {
        public int Turns { get; private set; }

        public override System.Data.Common.DbDataSource DataSource => database.DataSource;

        public override string SkipLocked => database.SkipLocked;

        public override string DeleteAndKeep(string where, string columns, params IReadOnlyList<Func<string, string>> keeps) =>
            database.DeleteAndKeep(where, columns, keeps);

        public override ValueTask<IDisposable?> TakeTurnToWriteAsync(CancellationToken cancel)
        {
            Turns++;
            return database.TakeTurnToWriteAsync(cancel);
        }

        public override IFullSessionStore OpenStore(TokenProtector protector, SessionChanges changes, IOptions<SessionClients> client, TimeProvider clock) =>
            database.OpenStore(protector, changes, client, clock);

        public override void ForgetConnections() => database.ForgetConnections();

        public override SchemaMigration? FindMigration() => database.FindMigration();

        public override void Prepare() => database.Prepare();

        public override Microsoft.AspNetCore.DataProtection.Repositories.IXmlRepository OpenKeyRing(Microsoft.Extensions.Logging.ILoggerFactory loggers) =>
            database.OpenKeyRing(loggers);
    }

    [Fact]
    public async Task What_a_node_of_the_version_before_left_to_revoke_is_kept_for_a_week_too()
    {
        var gone = StoreOf(new SessionClient { Name = "gone" });
        await EndAsync(await AddAsync(store: gone), "removed", gone);
        await Sql.ExecuteAsync("UPDATE revocations SET due_at = 0");

        await Store.RemoveEndedAsync(Now, default);

        (await ClaimRevocationsAsync(gone, Now)).ShouldHaveSingleItem();
    }
}
