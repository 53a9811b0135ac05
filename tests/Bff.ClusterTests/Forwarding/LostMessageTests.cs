using Bff.HostTests;
using Npgsql;

namespace Bff.ClusterTests.Forwarding;

/// <summary>Two processes, one PostgreSQL server, and a session whose end nobody announces.</summary>
public sealed class LostMessageTests(PostgreSqlFixture postgres)
{
    [Fact]
    public async Task A_WebSocket_and_a_stream_at_another_node_are_cut_though_the_message_is_lost()
    {
        var connection = await postgres.Server.CreateDatabaseAsync();
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Sessions:Store"] = "PostgreSql";
        world.Settings["Bff:Sessions:ConnectionString"] = connection;
        await world.StartListeningAsync();
        var alice = await world.LogInAsync();
        var there = await world.Start().ListeningAsync();
        using var other = new Browser(() => there.Address, world.Provider.Issuer, TimeProvider.System);
        other.Cookies.Set(Browser.SessionCookie, alice.Session!);
        await using var socket = await OpenCall.WebSocketAsync(other, there.Address, "/api/socket");
        await using var stream = await OpenCall.StreamAsync(other, "/api/stream");

        await using (var database = new NpgsqlConnection(connection))
        {
            await database.OpenAsync();
            await using var delete = new NpgsqlCommand("DELETE FROM sessions", database);
            (await delete.ExecuteNonQueryAsync()).ShouldBe(1);
        }

        // 15 s, and what a busy machine adds.
        await Task.WhenAll(socket.EndsAsync(TimeSpan.FromSeconds(40)), stream.EndsAsync(TimeSpan.FromSeconds(40)));
    }
}
