using Bff.Sessions.Store.Sql;
using Bff.Sessions.Store.Sqlite;
using Microsoft.Data.Sqlite;

namespace Bff.Tests.Sessions;

internal sealed class SqliteUnderTest : SqlUnderTest
{
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    public SqliteUnderTest()
    {
        Database = new SqliteDatabase(ConnectionString, "/", Timeout);
        Database.Prepare();
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("bff-store-").FullName;

    public string ConnectionString => $"Data Source={Path.Combine(Folder, "deep/bff.db")}";

    public override SqliteDatabase Database { get; }

    public override string EmptyBytes => "x''";

    public override Task SetVersionAsync(int version) => ExecuteAsync($"PRAGMA user_version = {version}");

    public override Task UpgradeBeyondAsync(long readableFrom) => ExecuteAsync(
        $"ALTER TABLE sessions ADD COLUMN later{Guid.NewGuid():N} TEXT; PRAGMA user_version = {SessionSchema.Version + 1}; UPDATE bff_store SET "
        + $"readable_from = {readableFrom}");

    public override async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(Folder, recursive: true);
    }
}
