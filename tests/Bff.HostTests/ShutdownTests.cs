using System.Diagnostics;
using System.Net;
using Microsoft.Data.Sqlite;

namespace Bff.HostTests;

/// <summary>SIGTERM on the real process, as at an upgrade.</summary>
public sealed class ShutdownTests
{
    [Fact]
    public async Task Event_streams_end_when_draining_begins_while_calls_are_still_answered()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Ops:DrainFor"] = "00:00:05";
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();
        await using var events = await EventReader.OpenAsync(alice);
        await events.NextAsync("session");

        world.Bff.Terminate();

        (await events.NextAsync()).ShouldBeNull();
        (await ReadyAsync(world)).ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        (await world.Bff.ExitCodeAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task An_open_WebSocket_lives_through_the_drain_and_does_not_hold_up_the_end()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Ops:DrainFor"] = "00:00:05";
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();
        await using var socket = await OpenCall.WebSocketAsync(alice, world.Bff.Address, "/api/socket");

        var asked = Stopwatch.GetTimestamp();
        world.Bff.Terminate();
        await Eventually.HappensAsync(async () => await ReadyAsync(world) == HttpStatusCode.ServiceUnavailable);
        socket.IsOpen.ShouldBeTrue();

        await socket.EndsAsync();
        Stopwatch.GetElapsedTime(asked).ShouldBeGreaterThan(TimeSpan.FromSeconds(4.9));
        (await world.Bff.ExitCodeAsync()).ShouldBe(0);
        Stopwatch.GetElapsedTime(asked).ShouldBeLessThan(TimeSpan.FromSeconds(30), "the time limit would be 35 seconds");
    }

    [Fact]
    public async Task A_renewal_in_flight_is_finished_and_no_lease_is_left_behind()
    {
        await using var world = await RealTimeWorld.StartAsync();
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();
        world.Provider.Hang();

        var renewing = alice.PostAsync("/bff/renew");
        await Eventually.HappensAsync(() => world.Provider.Faults.Holding == 1, "the provider is asked");
        world.Bff.Terminate();
        await Eventually.HappensAsync(() => world.Bff.Output.Contains("Application is shutting down", StringComparison.Ordinal), "it begins to stop");
        world.Provider.Faults.Release();
        (await world.Bff.ExitCodeAsync()).ShouldBe(0);

        (await renewing).Status.ShouldBe(HttpStatusCode.OK);
        Ask(world, "SELECT version FROM sessions").ShouldBe(2);
        Ask(world, "SELECT COUNT(*) FROM sessions WHERE lease_until > 0").ShouldBe(0);

        world.Provider.ComeBack();
        await world.StartListeningAsync();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Api.LastCall.Token.ShouldBe(world.Provider.Grant.AccessToken!.Value);
        world.Provider.Reuses.ShouldBe(0);
    }

    private static async Task<HttpStatusCode> ReadyAsync(RealTimeWorld world)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(world.Bff.OpsAddress, "/readyz"));
        return answer.StatusCode;
    }

    private static long Ask(RealTimeWorld world, string sql)
    {
        using var database = new SqliteConnection($"Data Source={Path.Combine(world.Folder, "data", "bff.db")};Pooling=False");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}
