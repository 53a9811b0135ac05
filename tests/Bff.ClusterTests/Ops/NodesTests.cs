using System.Text.Json;
using Bff.HostTests;
using Npgsql;

namespace Bff.ClusterTests.Ops;

/// <summary>Two processes on one PostgreSQL server, seen from the ops port of one.</summary>
public sealed class NodesTests(PostgreSqlFixture postgres)
{
    [Fact]
    public async Task A_node_tells_which_others_live_and_one_that_leaves_in_good_order_is_forgotten()
    {
        var connection = await postgres.Server.CreateDatabaseAsync();
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Sessions:Store"] = "PostgreSql";
        world.Settings["Bff:Sessions:ConnectionString"] = connection;
        var other = await world.Start().ListeningAsync();
        await world.StartListeningAsync();

        await Eventually.HappensAsync(async () => (await NodesAsync(world)).Count == 1, "the other node is seen");
        var seen = (await NodesAsync(world)).Single();
        seen.GetProperty("alive").GetBoolean().ShouldBeTrue();
        seen.GetProperty("version").GetString().ShouldBe("0.1.0");

        other.Terminate();
        (await other.ExitCodeAsync()).ShouldBe(0);
        (await CountAsync(connection)).ShouldBe(1);
    }

    private static async Task<List<JsonElement>> NodesAsync(RealTimeWorld world)
    {
        using var http = new HttpClient();
        return [.. JsonDocument.Parse(await http.GetStringAsync(new Uri(world.Bff.OpsAddress, "/overview"))).RootElement.GetProperty("nodes").EnumerateArray()];
    }

    private static async Task<long> CountAsync(string connection)
    {
        await using var database = new NpgsqlConnection(connection);
        await database.OpenAsync();
        await using var count = new NpgsqlCommand("SELECT COUNT(*) FROM nodes", database);
        return (long)(await count.ExecuteScalarAsync())!;
    }
}
