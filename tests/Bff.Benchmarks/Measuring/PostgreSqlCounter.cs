using Bff.ClusterTests;
using Npgsql;

namespace Bff.Benchmarks.Measuring;

/// <summary>Counts the statements of a database where they arrive: PostgreSQL's own <c>pg_stat_statements</c>.</summary>
internal sealed class PostgreSqlCounter(string connectionString) : ServerCounter
{
    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(connectionString);

    private const string Ours = "query NOT LIKE '%pg_stat_statements%' "
        + "AND query !~* '^(BEGIN|COMMIT|ROLLBACK|DISCARD|RESET|SET|CLOSE|UNLISTEN|SELECT pg_advisory_unlock_all)\\y'";

    public static async Task<ServerCounter> StartAsync(PostgreSqlServer server, string connectionString)
    {
        var counter = new PostgreSqlCounter(connectionString);
        await counter.ExecuteAsync("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'");
        await server.StopAsync();
        await server.ResumeAsync();
        counter._database.Clear();
        await counter.ExecuteAsync("CREATE EXTENSION pg_stat_statements");
        return counter;
    }

    public override string Counted => "statements";

    /// <summary>Without what the driver sends around statements, too.</summary>
    public override async Task<long> CountAsync()
    {
        await using var command = _database.CreateCommand(
            "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) "
            + $"AND {Ours}");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public override Task<TimeSpan?> CpuAsync() => Task.FromResult<TimeSpan?>(null);

    public override async Task<string> MostAsync()
    {
        await using var command = _database.CreateCommand(
            $"SELECT string_agg(calls || ' ' || left(regexp_replace(query, '[[:space:]]+', ' ', 'g'), 60), '; ') FROM "
            + $"(SELECT calls, query FROM pg_stat_statements WHERE {Ours} ORDER BY calls DESC LIMIT 8) most");
        return await command.ExecuteScalarAsync() as string ?? "";
    }

    public override Task ForgetAsync() => ExecuteAsync("SELECT pg_stat_statements_reset()");

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public override ValueTask DisposeAsync() => _database.DisposeAsync();
}
