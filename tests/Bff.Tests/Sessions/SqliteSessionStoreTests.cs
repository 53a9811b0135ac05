using Bff.Sessions;
using Bff.Sessions.Keys;
using Bff.Sessions.Store.Sql;
using Bff.Sessions.Store.Sqlite;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Bff.Tests.Sessions;

public sealed class SqliteSessionStoreTests : SessionStoreContract, IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bff-store-").FullName;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly SqliteDatabase _database;

    public SqliteSessionStoreTests()
    {
        _database = new SqliteDatabase(ConnectionString, "/", Timeout);
        _database.Prepare();
    }

    private protected override Task ExecuteAsync(string sql)
    {
        using var connection = _database.DataSource.OpenConnection();
        connection.Execute(sql);
        return Task.CompletedTask;
    }

    private protected override Task SetVersionAsync(int version) => ExecuteAsync($"PRAGMA user_version = {version}");

    private protected override SessionDatabase Database => _database;

    private protected override Task UpgradeBeyondAsync(long readableFrom) =>
        ExecuteAsync($"ALTER TABLE sessions ADD COLUMN later{Guid.NewGuid():N} TEXT; PRAGMA user_version = {SessionSchema.Version + 1}; UPDATE bff_store SET readable_from = {readableFrom}");

    [Fact]
    public async Task A_file_from_before_the_store_said_what_can_read_it_is_taken_as_it_is()
    {
        var session = await AddAsync();
        await ExecuteAsync("DROP TABLE bff_store");
        _database.FindMigration().ShouldBeNull();
        _database.Prepare();
        (await Store.FindAsync(session.Id, default))!.Tokens.ShouldBe(session.Tokens);
        using var connection = (SqliteConnection)_database.DataSource.OpenConnection();
        SqliteSchema.Read(connection).ShouldBe(new StoredSchema(SessionSchema.Version, SessionSchema.ReadableFrom));
        SqliteSchema.Lineage(connection).ShouldNotBeNullOrEmpty();
    }

    private string ConnectionString => $"Data Source={Path.Combine(_folder, "deep/bff.db")}";

    [Fact]
    public async Task Sessions_survive_a_restart()
    {
        var session = await AddAsync();
        SqliteConnection.ClearAllPools();
        var reopened = new SqliteDatabase(ConnectionString, "/", Timeout);
        reopened.Prepare();
        (await new SqlSessionStore(reopened, Protector, Changes, Options.Create(new SessionClient()), Clock).FindAsync(session.Id, default))!.Tokens.ShouldBe(session.Tokens);
    }

    [Fact]
    public async Task The_file_holds_no_token_in_the_clear()
    {
        await AddAsync();
        SqliteConnection.ClearAllPools();
        foreach (var file in Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories))
        {
            File.ReadAllBytes(file).AsSpan().IndexOf("old-refresh"u8).ShouldBe(-1);
        }
    }

    [Fact]
    public async Task With_another_key_ring_the_session_is_found_but_its_tokens_are_not()
    {
        var session = await AddAsync();
        var stranger = new TokenProtector(new EphemeralDataProtectionProvider(), NullLogger<TokenProtector>.Instance);
        (await new SqlSessionStore(_database, stranger, Changes, Options.Create(new SessionClient()), Clock).FindAsync(session.Id, default))!.Tokens.ShouldBeNull();
        (await Store.FindAsync(session.Id, default))!.Tokens.ShouldBe(session.Tokens);
    }

    [Fact]
    public void Tokens_copied_onto_another_session_do_not_open()
    {
        var stolen = Protector.Protect(SessionKey.New().Id, Tokens("old"));
        Protector.Unprotect(SessionKey.New().Id, stolen).ShouldBeNull();
    }

    [Fact]
    public void An_unusable_folder_is_named_with_its_setting()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        Should.Throw<IOException>(() => new SqliteDatabase($"Data Source={file}/bff.db", "/", Timeout).Prepare()).Message.ShouldStartWith("Bff:Sessions:ConnectionString: ");
    }

    [Fact]
    public async Task A_file_of_the_first_version_is_brought_up_to_date_and_keeps_its_sessions()
    {
        var session = await AddAsync();
        using (var connection = _database.DataSource.OpenConnection())
        {
            connection.Execute(BackToTheFirstVersion + " DROP TABLE bff_store; PRAGMA user_version = 1;");
        }

        var migrated = new List<SchemaMigration>();
        _database.Migrated = migrated.Add;
        var announced = _database.FindMigration();
        _database.Prepare();
        announced.ShouldBe(new SchemaMigration(1, SessionSchema.Version, SessionSchema.ReadableFrom));
        migrated.ShouldBe([announced!]);
        _database.Prepare();
        migrated.Count.ShouldBe(1, "it was done");
        (await Store.FindByHandleAsync($"{session.Id}", default))!.Tokens.ShouldBe(session.Tokens);
        (await Store.SearchAsync("alice", null, 10, Now, default)).Count.ShouldBe(1);
        await AddAsync();
    }

    [Fact]
    public async Task A_file_that_was_put_in_the_place_of_this_one_is_not_mixed_with_the_log_of_before()
    {
        var before = await AddAsync();
        var other = Path.Combine(_folder, "other.db");
        Session there;
        await using (var database = new SqliteDatabase($"Data Source={other}", "/", Timeout))
        {
            database.Prepare();
            there = (await Store.FindAsync(before.Id, default))! with { Id = SessionKey.New().Id };
            await new SqlSessionStore(database, Protector, Changes, Options.Create(new SessionClient()), Clock).AddAsync(there, [], default);
            database.ForgetConnections();
        }

        File.Move(other, StoreFile, overwrite: true);

        (await Store.FindAsync(there.Id, default)).ShouldNotBeNull();
        (await Store.FindAsync(before.Id, default)).ShouldBeNull();
        using var connection = _database.DataSource.OpenConnection();
        using var check = connection.CreateCommand();
        check.CommandText = "PRAGMA integrity_check";
        check.ExecuteScalar().ShouldBe("ok");
    }

    [Theory]
    [InlineData("")]
    [InlineData("this is no database, and long enough to be taken for one that is damaged")]
    public async Task A_file_that_was_put_there_and_is_not_ready_has_to_be_prepared(string content)
    {
        var unprepared = new List<SessionStoreException>();
        _database.Unprepared = unprepared.Add;
        var other = Path.Combine(_folder, "other.db");
        await File.WriteAllTextAsync(other, content);
        File.Move(other, StoreFile, overwrite: true);

        await Should.ThrowAsync<IOException>(() => Store.ProbeReadAsync(default));
        unprepared.Count.ShouldBe(1);

        if (content != "")
        {
            Should.Throw<IOException>(_database.Prepare);
            await File.WriteAllTextAsync(other, "");
            File.Move(other, StoreFile, overwrite: true);
        }

        _database.Prepare();
        await AddAsync();
        foreach (var file in new[] { "", "-wal", "-shm" }) { File.Delete(StoreFile + file); }
        await Store.ProbeReadAsync(default);
        File.Exists(StoreFile).ShouldBeTrue("it is watched again");
    }

    [Fact]
    public async Task A_file_that_was_deleted_is_not_brought_back_before_the_write_that_is_under_way_has_ended()
    {
        await using var database = new SqliteDatabase($"Data Source={Path.Combine(_folder, "written.db")}", "/", TimeSpan.FromSeconds(0.5));
        database.Prepare();
        var file = database.StoreFile;
        using (await database.TakeTurnToWriteAsync(default))
        {
            using var writer = database.DataSource.OpenConnection();
            foreach (var side in new[] { "", "-wal", "-shm" }) { File.Delete(file + side); }
            Should.Throw<SessionStoreException>(database.DataSource.OpenConnection);
            writer.Execute("INSERT INTO used_once (id, forget_at) VALUES ('late', 1)");
        }

        using var reader = database.DataSource.OpenConnection();
        File.Exists(file).ShouldBeTrue();
        reader.Read("SELECT count(*) FROM used_once WHERE id = 'late'").ShouldBe(1);
    }

    private string StoreFile => _database.StoreFile;

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }
}
