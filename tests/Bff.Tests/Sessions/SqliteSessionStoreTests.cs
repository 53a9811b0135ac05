using Bff.Sessions;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Sql;
using Bff.Sessions.Store.Sqlite;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Bff.Tests.Sessions;

public sealed class SqliteSessionStoreTests : SqlSessionStoreContract
{
    private static readonly TimeSpan Timeout = SqliteUnderTest.Timeout;

    private readonly SqliteUnderTest _sqlite = new();

    private SqliteDatabase Sqlite => _sqlite.Database;

    private string Folder => _sqlite.Folder;

    private string ConnectionString => _sqlite.ConnectionString;

    private protected override Task<StorageUnderTest> OpenAsync() => Task.FromResult<StorageUnderTest>(_sqlite);

    [Fact]
    public async Task A_file_from_before_the_store_said_what_can_read_it_is_taken_as_it_is()
    {
        var session = await AddAsync();
        await Sql.ExecuteAsync("DROP TABLE bff_store");
        Sqlite.FindMigration().ShouldBeNull();
        Sqlite.Prepare();
        (await Store.FindAsync(session.Id, default))!.Tokens.ShouldBe(session.Tokens);
        using var connection = (SqliteConnection)Sqlite.DataSource.OpenConnection();
        SqliteSchema.Read(connection).ShouldBe(new StoredSchema(SessionSchema.Version, SessionSchema.ReadableFrom));
        SqliteSchema.Lineage(connection).ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Sessions_survive_a_restart()
    {
        var session = await AddAsync();
        SqliteConnection.ClearAllPools();
        var reopened = new SqliteDatabase(ConnectionString, "/", Timeout);
        reopened.Prepare();
        (await new SqlSessionStore(reopened, Protector, Changes, Options.Create(new SessionClients()), Clock)
            .FindAsync(session.Id, default))!.Tokens.ShouldBe(session.Tokens);
    }

    [Fact]
    public async Task The_file_holds_no_token_in_the_clear()
    {
        await AddAsync();
        SqliteConnection.ClearAllPools();
        foreach (var file in System.IO.Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories))
        {
            File.ReadAllBytes(file).AsSpan().IndexOf("old-refresh"u8).ShouldBe(-1);
        }
    }

    [Fact]
    public async Task With_another_key_ring_the_session_is_found_but_its_tokens_are_not()
    {
        var session = await AddAsync();
        var stranger = new TokenProtector(new EphemeralDataProtectionProvider(), NullLogger<TokenProtector>.Instance);
        (await new SqlSessionStore(Sqlite, stranger, Changes, Options.Create(new SessionClients()), Clock)
            .FindAsync(session.Id, default))!.Tokens.ShouldBeNull();
        (await Store.FindAsync(session.Id, default))!.Tokens.ShouldBe(session.Tokens);
    }

    [Fact]
    public void Tokens_copied_onto_another_session_do_not_open()
    {
        var stolen = Protector.Protect(SessionKey.New().Id, Tokens("old"));
        Protector.Unprotect(SessionKey.New().Id, stolen).ShouldBeNull();
    }

    [Fact]
    public void An_unusableFolder_is_named_with_its_setting()
    {
        var file = Path.Combine(Folder, "file");
        File.WriteAllText(file, "");
        Should.Throw<IOException>(
            () => new SqliteDatabase($"Data Source={file}/bff.db", "/", Timeout).Prepare()).Message.ShouldStartWith("Bff:Sessions:ConnectionString: ");
    }

    [Fact]
    public async Task A_file_of_the_first_version_is_brought_up_to_date_and_keeps_its_sessions()
    {
        var session = await AddAsync();
        using (var connection = Sqlite.DataSource.OpenConnection())
        {
            connection.Execute(BackToTheFirstVersion + " DROP TABLE bff_store; PRAGMA user_version = 1;");
        }

        var migrated = new List<SchemaMigration>();
        Sqlite.Migrated = migrated.Add;
        var announced = Sqlite.FindMigration();
        Sqlite.Prepare();
        announced.ShouldBe(new SchemaMigration(1, SessionSchema.Version, SessionSchema.ReadableFrom));
        migrated.ShouldBe([announced!]);
        Sqlite.Prepare();
        migrated.Count.ShouldBe(1, "it was done");
        (await Directory.FindByHandleAsync($"{session.Id}", default))!.Tokens.ShouldBe(session.Tokens);
        (await Directory.SearchAsync(new("alice"), null, 10, Now, default)).Count.ShouldBe(1);
        await AddAsync();
    }

    [Fact]
    public async Task A_file_that_was_put_in_the_place_of_this_one_is_not_mixed_with_the_log_of_before()
    {
        var before = await AddAsync();
        var other = Path.Combine(Folder, "other.db");
        Session there;
        await using (var database = new SqliteDatabase($"Data Source={other}", "/", Timeout))
        {
            database.Prepare();
            there = (await Store.FindAsync(before.Id, default))! with { Id = SessionKey.New().Id };
            await new SqlSessionStore(database, Protector, Changes, Options.Create(new SessionClients()), Clock).AddAsync(there, [], limit: null, default);
            database.ForgetConnections();
        }

        File.Move(other, StoreFile, overwrite: true);

        (await Store.FindAsync(there.Id, default)).ShouldNotBeNull();
        (await Store.FindAsync(before.Id, default)).ShouldBeNull();
        using var connection = Sqlite.DataSource.OpenConnection();
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
        Sqlite.Unprepared = unprepared.Add;
        var other = Path.Combine(Folder, "other.db");
        await File.WriteAllTextAsync(other, content);
        File.Move(other, StoreFile, overwrite: true);

        await Should.ThrowAsync<IOException>(() => Store.ProbeReadAsync(default));
        unprepared.Count.ShouldBe(1);

        if (content != "")
        {
            Should.Throw<IOException>(Sqlite.Prepare);
            await File.WriteAllTextAsync(other, "");
            File.Move(other, StoreFile, overwrite: true);
        }

        Sqlite.Prepare();
        await AddAsync();
        foreach (var file in new[] { "", "-wal", "-shm" }) { File.Delete(StoreFile + file); }
        await Store.ProbeReadAsync(default);
        File.Exists(StoreFile).ShouldBeTrue("it is watched again");
    }

    [Fact]
    public async Task A_file_that_was_deleted_is_not_brought_back_before_the_write_that_is_under_way_has_ended()
    {
        await using var database = new SqliteDatabase($"Data Source={Path.Combine(Folder, "written.db")}", "/", TimeSpan.FromSeconds(0.5));
        database.Prepare();
        var file = database.Files.Database;
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

    private string StoreFile => Sqlite.Files.Database;
}
