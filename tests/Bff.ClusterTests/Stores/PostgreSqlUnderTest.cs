using Bff.Sessions.Store.PostgreSql;
using Bff.Sessions.Store.Sql;
using Bff.Tests.Sessions;

namespace Bff.ClusterTests.Stores;

internal sealed class PostgreSqlUnderTest(PostgreSqlDatabase database) : SqlUnderTest
{
    /// <summary>Eight nodes make a schema on two busy cores.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    public override PostgreSqlDatabase Database => database;

    public override string EmptyBytes => "''";

    public static async Task<StorageUnderTest> OpenAsync(PostgreSqlFixture postgres)
    {
        var database = new PostgreSqlDatabase(await postgres.Server.CreateDatabaseAsync(), Timeout);
        database.Prepare();
        return new PostgreSqlUnderTest(database);
    }

    public override Task SetVersionAsync(int version) => ExecuteAsync($"UPDATE bff_schema SET version = {version}");

    public override Task UpgradeBeyondAsync(long readableFrom) => ExecuteAsync(
        $"ALTER TABLE sessions ADD COLUMN later{Guid.NewGuid():N} TEXT; UPDATE bff_schema SET version = {SessionSchema.Version + 1}, readable_from = "
        + $"{readableFrom}");

    public override ValueTask DisposeAsync() => database.DisposeAsync();
}
