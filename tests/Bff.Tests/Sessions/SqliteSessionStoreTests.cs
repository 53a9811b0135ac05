using Bff.Sessions;
using Bff.Sessions.Stores;
using Microsoft.Data.Sqlite;
using Microsoft.AspNetCore.DataProtection;
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

    private protected override ISessionStore StoreOf(SessionClient client) => new SqlSessionStore(_database, Protector, Changes, Options.Create(client));

    private protected override Task ExecuteAsync(string sql)
    {
        using var connection = _database.DataSource.OpenConnection();
        connection.Execute(sql);
        return Task.CompletedTask;
    }

    private string ConnectionString => $"Data Source={Path.Combine(_folder, "deep/bff.db")}";

    [Fact]
    public async Task Sessions_survive_a_restart()
    {
        var session = await AddAsync();
        SqliteConnection.ClearAllPools();
        var reopened = new SqliteDatabase(ConnectionString, "/", Timeout);
        reopened.Prepare();
        (await new SqlSessionStore(reopened, Protector, Changes, Options.Create(new SessionClient())).FindAsync(session.Id, default))!.Tokens.ShouldBe(session.Tokens);
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
        (await new SqlSessionStore(_database, stranger, Changes, Options.Create(new SessionClient())).FindAsync(session.Id, default))!.Tokens.ShouldBeNull();
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
            connection.Execute(BackToTheFirstVersion + " PRAGMA user_version = 1;");
        }

        _database.Prepare();
        (await Store.FindByHandleAsync($"{session.Id}", default))!.Tokens.ShouldBe(session.Tokens);
        (await Store.SearchAsync("alice", null, 10, Now, default)).Count.ShouldBe(1);
        await AddAsync();
    }

    [Fact]
    public void A_file_of_a_newer_version_is_left_alone()
    {
        using (var connection = _database.DataSource.OpenConnection())
        using (var command = connection.CreateCommand())
        {
            command.CommandText = "PRAGMA user_version = 99";
            command.ExecuteNonQuery();
        }

        Should.Throw<IOException>(_database.Prepare).Message.ShouldContain("newer version");
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }
}
