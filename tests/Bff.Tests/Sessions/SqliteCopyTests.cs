using Bff.Sessions;
using Bff.Sessions.Store.Sql;
using Bff.Sessions.Store.Sqlite;
using Microsoft.Data.Sqlite;

namespace Bff.Tests.Sessions;

/// <summary>Which sessions of a backup go on, and that nothing is lost when it takes the store's place.</summary>
public sealed class SqliteCopyTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("bff-copy-").FullName;
    private readonly SqliteDatabase _database;

    public SqliteCopyTests()
    {
        _database = new SqliteDatabase($"Data Source={Store}", "/", TimeSpan.FromSeconds(5));
        _database.Prepare();
    }

    private string Store => Path.Combine(_folder, "bff.db");

    private string Copy => Path.Combine(_folder, "copy");

    [Fact]
    public void The_store_a_copy_was_made_of_knows_which_sessions_were_renewed_or_ended_since()
    {
        foreach (var id in new[] { "same", "renewed", "ended", "being renewed" }) { Add(id, dueAt: Now.AddHours(1)); }
        Execute("INSERT INTO used_once VALUES ('before', 1); INSERT INTO ends VALUES ('long ago', NULL, 'idle_timeout', 1)");
        SqliteCopy.Make(Store, Copy);
        Add("new", dueAt: Now.AddHours(1));
        Execute(
            "UPDATE sessions SET tokens = x'02' WHERE id = 'renewed'; DELETE FROM sessions WHERE id = 'ended'; UPDATE sessions SET lease_owner = 'me' WHERE "
            + "id = 'being renewed'");
        Execute("UPDATE sessions SET ends_at = 77 WHERE id = 'same'; INSERT INTO used_once VALUES ('since', 1)");
        Execute("INSERT INTO ends VALUES ('ended', NULL, 'ended_by_admin', 1)");

        SqliteCopy.EndRenewed(Copy, Store, Now).ShouldBe(new RestoredSessions(Kept: 1, Ended: 3, IsExact: true));

        Ask(Copy, "SELECT count(*) FROM sessions WHERE id = 'same' AND ends_at = 77").ShouldBe(1, "it was used since, and has not timed out");
        Ask(Copy, "SELECT count(*) FROM used_once").ShouldBe(2, "what was used up since stays so");
        Ask(
            Copy,
            "SELECT count(*) FROM ends WHERE id || reason IN ('long agoidle_timeout', 'endedended_by_admin')").ShouldBe(2,
            "and why a session ended is still known");
    }

    [Fact]
    public void It_knows_them_also_when_a_newer_version_of_Bff_has_brought_it_up_to_date_since()
    {
        foreach (var id in new[] { "same", "renewed" }) { Add(id, dueAt: Now.AddSeconds(-1)); }
        SqliteCopy.Make(Store, Copy);
        using (var older = new SqliteConnection($"Data Source={Copy};Pooling=false"))
        {
            older.Open();
            older.Execute("ALTER TABLE sessions DROP COLUMN provider; ALTER TABLE sessions DROP COLUMN front_end; PRAGMA user_version = 5");
        }

        Execute("UPDATE sessions SET tokens = x'02' WHERE id = 'renewed'");

        SqliteCopy.EndRenewed(Copy, Store, Now).ShouldBe(new RestoredSessions(Kept: 1, Ended: 1, IsExact: true));
    }

    [Fact]
    public void Without_it_those_that_were_due_are_taken_for_renewed()
    {
        Add("due", dueAt: Now.AddSeconds(-1));
        Add("not due", dueAt: Now.AddSeconds(1));
        Add("without refresh token", dueAt: null);
        SqliteCopy.Make(Store, Copy);
        SqliteCopy.EndRenewed(Copy, replaced: null, Now).ShouldBe(new RestoredSessions(Kept: 2, Ended: 1, IsExact: false));
    }

    [Theory]
    [InlineData("another store, as a start makes it")]
    [InlineData("the same, after another backup took its place")]
    [InlineData("a damaged one")]
    public async Task A_store_that_cannot_know_is_not_asked(string kind)
    {
        Add("not due", dueAt: Now.AddSeconds(1));
        SqliteCopy.Make(Store, Copy);
        var other = Path.Combine(_folder, "other", "bff.db");
        await using (var database = new SqliteDatabase($"Data Source={other}", "/", TimeSpan.FromSeconds(5))) { database.Prepare(); }

        if (kind.StartsWith("the same", StringComparison.Ordinal))
        {
            File.Delete(other);
            SqliteCopy.Make(Store, other);
            SqliteCopy.BeginLineage(other);
            using var connection = new SqliteConnection($"Data Source={other}");
            connection.Open();
            connection.Execute("DELETE FROM sessions");
        }

        SqliteConnection.ClearAllPools();   // the last one to leave writes back
        if (kind.StartsWith("a damaged", StringComparison.Ordinal)) { File.WriteAllText(other, new string('x', 8192)); }
        SqliteCopy.TryRetire(other, out var isReadable).ShouldBeTrue();
        isReadable.ShouldBe(!kind.StartsWith("a damaged", StringComparison.Ordinal));

        SqliteCopy.EndRenewed(Copy, other, Now).ShouldBe(new RestoredSessions(Kept: 1, Ended: 0, IsExact: false));
    }

    [Fact]
    public void A_store_that_somebody_has_open_is_not_replaced()
    {
        Add("one", dueAt: null);
        SqliteCopy.TryRetire(Store, out _).ShouldBeFalse("the pool of this process holds it");
        SqliteLock.TryHoldAlone(Store).ShouldBeNull();
    }

    [Fact]
    public async Task While_a_backup_is_put_in_place_nobody_starts_on_the_store()
    {
        await _database.DisposeAsync();
        using (SqliteLock.TryHoldAlone(Store).ShouldNotBeNull())
        {
            Should.Throw<SessionStoreException>(() => new SqliteDatabase($"Data Source={Store}", "/", TimeSpan.FromSeconds(5)).Prepare())
                .Message.ShouldContain("being restored", customMessage: "it is over in a moment, and a start waits for it");
        }

        await using var again = new SqliteDatabase($"Data Source={Store}", "/", TimeSpan.FromSeconds(5));
        again.Prepare();
    }

    [Fact]
    public async Task The_store_that_was_there_is_kept_with_what_was_not_written_back_yet()
    {
        Add("one", dueAt: null);
        SqliteCopy.Make(Store, Copy);
        Add("two", dueAt: null);
        await _database.DisposeAsync();
        SqliteConnection.ClearAllPools();
        File.WriteAllText(Store + "-wal", "left by a process that was killed, of a file that cannot be opened");
        var aside = Store + ".aside";

        SqliteCopy.Replace(Copy, Store, aside);

        Ask(Store, "SELECT count(*) FROM sessions").ShouldBe(1);
        Ask(aside, "SELECT count(*) FROM sessions").ShouldBe(2);
        File.Exists(Store + "-wal").ShouldBeFalse("SQLite would apply it to the new file");
        if (!OperatingSystem.IsWindows()) { File.GetUnixFileMode(Store).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite); }
    }

    [Fact]
    public async Task A_store_that_cannot_be_replaced_keeps_its_log()
    {
        Add("one", dueAt: null);
        SqliteCopy.Make(Store, Copy);
        await _database.DisposeAsync();
        SqliteConnection.ClearAllPools();
        File.WriteAllText(Store + "-wal", "renewals that are nowhere else");
        var aside = Directory.CreateDirectory(Store + ".aside").FullName;

        Should.Throw<Exception>(() => SqliteCopy.Replace(Copy, Store, aside));

        File.ReadAllText(Store + "-wal").ShouldBe("renewals that are nowhere else");
    }

    [Fact]
    public async Task A_store_that_cannot_be_read_for_now_is_not_taken_for_damaged()
    {
        SqliteCopy.Make(Store, Copy);
        await _database.DisposeAsync();
        SqliteConnection.ClearAllPools();
        File.Move(Copy, Store, overwrite: true);
        Directory.CreateDirectory(Store + "-journal");   // nor can its journal be read: neither CORRUPT nor NOTADB
        Should.Throw<SqliteException>(() => SqliteCopy.TryRetire(Store, out _));
    }

    [Fact]
    public void A_copy_that_is_damaged_is_found_so()
    {
        for (var i = 0; i < 500; i++) { Add($"session {i}", dueAt: null); }
        SqliteCopy.Make(Store, Copy);
        SqliteCopy.Inspect(Copy).Sessions.ShouldBe(500);
        using (var file = File.OpenWrite(Copy))
        {
            file.Position = 3 * 4096;
            file.Write(new byte[4096]);
        }

        Should.Throw<InvalidDataException>(() => SqliteCopy.Inspect(Copy));
    }

    private void Add(string id, DateTimeOffset? dueAt) => Execute(
        $"""
        INSERT INTO sessions (id, sid, subject, claims, created_at, ends_at, absolute_ends_at, version, tokens, due_at, not_before, failures, lease_until)
        VALUES ('{id}', 'sid', 'alice', '[]', 0, 1, 1, 1, x'01', {dueAt?.ToUnixTimeMilliseconds().ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "NULL"}, 0, 0, 0)
        """);

    private void Execute(string sql)
    {
        using var connection = _database.DataSource.OpenConnection();
        connection.Execute(sql);
    }

    private static long Ask(string file, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        return connection.Read(sql);
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }
}
