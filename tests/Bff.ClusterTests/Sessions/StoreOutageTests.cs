using System.Net;
using Bff.HostTests;
using Npgsql;

namespace Bff.ClusterTests.Sessions;

/// <summary>A real PostgreSQL that is not there, or drops every connection.</summary>
public sealed class StoreOutageTests(PostgreSqlFixture postgres)
{
    [Fact]
    public async Task A_database_that_comes_after_the_start_is_prepared_and_used()
    {
        var present = await postgres.Server.CreateDatabaseAsync();
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Sessions:Store"] = "PostgreSql";
        world.Settings["Bff:Sessions:ConnectionString"] = new NpgsqlConnectionStringBuilder(present) { Database = "later" }.ConnectionString;
        await world.StartListeningAsync();
        using var http = new HttpClient();
        var ready = new Uri(world.Bff.OpsAddress, "/readyz");
        (await http.GetAsync(ready)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);

        await ExecuteAsync(present, "CREATE DATABASE later");

        await Eventually.HappensAsync(async () => (await http.GetAsync(ready)).StatusCode == HttpStatusCode.OK);
        using var alice = await world.LogInAsync();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task Copies_serve_though_the_connection_that_hears_of_changes_is_lost_with_the_store()
    {
        var connection = await postgres.Server.CreateDatabaseAsync();
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Sessions:Store"] = "PostgreSql";
        world.Settings["Bff:Sessions:ConnectionString"] = connection;
        world.Settings["Bff:Sessions:CacheLifetimeDuringOutage"] = "00:10:00";
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");

        // Nobody gets in any longer, and who is in is thrown out.
        var name = new NpgsqlConnectionStringBuilder(connection).Database;
        var elsewhere = await postgres.Server.CreateDatabaseAsync();
        await ExecuteAsync(
            elsewhere, $"ALTER DATABASE {name} ALLOW_CONNECTIONS false; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");

        for (var call = 0; call < 20; call++) { (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice"); }
        (await alice.PostAsync("/bff/renew")).ShouldBeProblem(503, "store_unavailable");
        await ExecuteAsync(elsewhere, $"ALTER DATABASE {name} ALLOW_CONNECTIONS true");
        await Eventually.HappensAsync(async () => (await alice.PostAsync("/bff/renew")).Status == HttpStatusCode.OK);
        world.Bff.Output.ShouldNotContain("   at ");
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
