using Bff.Sessions.Store.Sql;
using Microsoft.Data.Sqlite;

namespace Bff.HostTests.Commands;

/// <summary>A newer version of Bff on the store of an older one.</summary>
public sealed class UpgradeTests
{
    [Fact]
    public async Task What_a_start_would_migrate_is_said_before_and_once_it_is_done()
    {
        await using var world = await RealTimeWorld.StartAsync();
        (await world.RunAsync("keys", "list")).ExitCode.ShouldBe(0);   // makes the store
        Execute(
            """
            DROP INDEX sessions_provider_sid; ALTER TABLE sessions DROP COLUMN provider; ALTER TABLE sessions DROP COLUMN front_end;
            DROP TABLE bff_store; DROP TABLE nodes; DROP INDEX sessions_failing;
            ALTER TABLE sessions DROP COLUMN token_expires_at; ALTER TABLE sessions DROP COLUMN failing_since;
            DROP TABLE used_once; DROP TABLE revocations; DROP TABLE ends; DROP TABLE client_tokens; DROP INDEX sessions_due; DROP INDEX sessions_client_due; DROP INDEX sessions_end;
            ALTER TABLE sessions DROP COLUMN client;
            CREATE INDEX sessions_due ON sessions (due_at) WHERE due_at IS NOT NULL; CREATE INDEX sessions_end ON sessions (ends_at);
            PRAGMA user_version = 2
            """);

        var (exitCode, output) = await world.RunAsync("check");
        exitCode.ShouldBe(0, output);
        output.ShouldContain($"has schema 2; the next start migrates it to {SessionSchema.Version}.");
        Execute("PRAGMA user_version").ShouldBe(2);
        var backup = Path.Combine(world.Folder, "before.bff");
        (await world.RunAsync("backup", backup)).Output.ShouldContain("schema 2");
        Execute("PRAGMA user_version").ShouldBe(2);

        await world.StartListeningAsync();
        world.Bff.Output.ShouldContain(
            $"The session store was migrated from schema 2 to {SessionSchema.Version}. Versions of Bff that know schema 1 or later can use it.");
        world.Bff.Output.ShouldMatch($@"store_migrated time=\S+ from=2 to={SessionSchema.Version} readable_from=1");
        Execute("PRAGMA user_version").ShouldBe(SessionSchema.Version);
        world.Bff.Kill();
        var (restored, report) = await world.RunAsync("restore", backup);
        restored.ShouldBe(0, report);
        Execute("PRAGMA user_version").ShouldBe(2, "the next start brings it up to date");

        long Execute(string sql)
        {
            using var connection = new SqliteConnection($"Data Source={Path.Combine(world.Folder, "data", "bff.db")};Pooling=False");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            return command.ExecuteScalar() is long number ? number : 0;
        }
    }
}
