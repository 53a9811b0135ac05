using Bff.Sessions;
using Bff.Sessions.Store.Sql;
using Npgsql;

namespace Bff.ClusterTests.Running;

/// <summary>A PostgreSQL server of its own, since it crashes; <c>pg_stat_statements</c> counts.</summary>
internal sealed class PostgreSqlClusterStore : ClusterStore
{
    private readonly PostgreSqlServer _server;
    private readonly string _database;

    private PostgreSqlClusterStore(PostgreSqlServer server, string database) => (_server, _database) = (server, database);

    public static async Task<PostgreSqlClusterStore> StartAsync()
    {
        var server = await PostgreSqlServer.StartAsync("pg_stat_statements");
        var store = new PostgreSqlClusterStore(server, await server.CreateDatabaseAsync());
        await using var connection = await store.OpenAsync();
        await using var command = new NpgsqlCommand("CREATE EXTENSION pg_stat_statements", connection);
        await command.ExecuteNonQueryAsync();
        return store;
    }

    // Of the 200 that the server allows, with one node going and another coming.
    public override IEnumerable<KeyValuePair<string, string?>> Settings =>
    [
        new("Bff:Sessions:Store", SessionsOptions.PostgreSql),
        new("Bff:Sessions:ConnectionString", _database + ";Maximum Pool Size=30"),
    ];

    public override Task CrashAsync() => _server.StopAsync();

    public override Task ResumeAsync() => _server.ResumeAsync();

    public override async Task AddWhatALaterVersionKnowsAsync()
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(
            "ALTER TABLE sessions ADD COLUMN IF NOT EXISTS later TEXT; UPDATE sessions SET later = 'on'; "
            + $"UPDATE bff_schema SET version = {SessionSchema.Version + 1}, readable_from = {SessionSchema.Version}", connection);
        await command.ExecuteNonQueryAsync();
    }

    public override async Task<long> CountWhatALaterVersionKnowsAsync()
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand("SELECT count(later) FROM sessions", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public override async Task<IReadOnlyDictionary<string, long>> CountOperationsAsync()
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(
            "SELECT query, SUM(calls)::bigint FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid "
            + "WHERE datname = current_database() AND query NOT LIKE '%pg_stat_statements%' GROUP BY query", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var counts = new Dictionary<string, long>();
        while (await reader.ReadAsync()) { counts[reader.GetString(0)] = reader.GetInt64(1); }
        return counts;
    }

    private async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(_database + ";Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    public override ValueTask DisposeAsync() => _server.DisposeAsync();
}
