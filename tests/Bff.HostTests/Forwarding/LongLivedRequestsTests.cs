using Bff.Sessions;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Sql;
using Microsoft.Extensions.DependencyInjection;

namespace Bff.HostTests.Forwarding;

public sealed class LongLivedRequestsTests
{
    [Fact]
    [Trait("Standard", "ASVS-4")]
    public async Task A_WebSocket_and_a_stream_are_cut_when_their_session_ends()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var bob = await world.LogInAsync("bob");
        await using var socket = await OpenCall.WebSocketAsync(alice, world.Bff.Address, "/api/socket");
        await using var stream = await OpenCall.StreamAsync(alice, "/api/stream");
        await using var bobs = await OpenCall.WebSocketAsync(bob, world.Bff.Address, "/api/socket");

        await alice.PostAsync("/bff/logout");

        await socket.EndsAsync();
        await stream.EndsAsync();
        bobs.IsOpen.ShouldBeTrue();
    }

    [Fact]
    [Trait("Standard", "ASVS-4")]
    public async Task A_session_that_ends_at_another_node_cuts_its_calls_here()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await using var socket = await OpenCall.WebSocketAsync(alice, world.Bff.Address, "/api/socket");
        SessionKey.TryRead(alice.Session, out var id).ShouldBeTrue();

        world.Bff.Services.GetRequiredService<SessionChanges>().Publish(new SessionChange(id, DueAt: null, EndReasons.SignedOut, Remote: true));

        await socket.EndsAsync();
    }

    [Fact]
    public async Task A_stream_lives_as_long_as_its_session_is_used_and_no_longer()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:IdleTimeout", "00:01:00"));
        var alice = await world.LogInAsync();
        await using var stream = await OpenCall.StreamAsync(alice, "/api/stream");

        await world.AdvanceAsync(TimeSpan.FromSeconds(50));
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        await world.AdvanceAsync(TimeSpan.FromSeconds(50));
        stream.IsOpen.ShouldBeTrue();

        await world.AdvanceAsync(TimeSpan.FromSeconds(15));
        await stream.EndsAsync();
    }

    [Fact]
    public async Task A_stream_of_a_route_that_asks_for_no_session_goes_on()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await using var open = await OpenCall.StreamAsync(alice, "/plain/stream");
        await using var hers = await OpenCall.StreamAsync(alice, "/api/stream");

        await alice.PostAsync("/bff/logout");

        await hers.EndsAsync();
        open.IsOpen.ShouldBeTrue();
    }

    [Fact]
    public async Task Calls_are_cut_within_seconds_when_nobody_told_that_their_session_ended()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await using var socket = await OpenCall.WebSocketAsync(alice, world.Bff.Address, "/api/socket");
        await using var stream = await OpenCall.StreamAsync(alice, "/api/stream");
        await world.AdvanceAsync(TimeSpan.FromSeconds(5));

        world.Execute("DELETE FROM sessions");
        await world.AdvanceAsync(TimeSpan.FromSeconds(20));

        await socket.EndsAsync();
        await stream.EndsAsync();
    }

    [Fact]
    public async Task A_store_that_cannot_be_read_for_a_while_cuts_nobody()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await using var socket = await OpenCall.WebSocketAsync(alice, world.Bff.Address, "/api/socket");
        await world.AdvanceAsync(TimeSpan.FromSeconds(5));

        world.Execute("ALTER TABLE sessions RENAME TO hidden");
        for (var second = 0; second < 40; second++)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            await Eventually.ShortlyAsync();
        }

        await Eventually.HappensAsync(() => world.Bff.Logs.Lines.Any(line => line.Contains("session store cannot be used", StringComparison.Ordinal)));
        world.Execute("ALTER TABLE hidden RENAME TO sessions");
        await world.AdvanceAsync(TimeSpan.FromSeconds(20));
        socket.IsOpen.ShouldBeTrue();
    }

    [Fact]
    public async Task An_open_WebSocket_is_no_use_of_its_session()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:IdleTimeout", "00:01:00"));
        await using var socket = await OpenCall.WebSocketAsync(await world.LogInAsync(), world.Bff.Address, "/api/socket");

        await world.AdvanceAsync(TimeSpan.FromSeconds(80));

        await socket.EndsAsync();
    }

    [Fact]
    public async Task An_open_WebSocket_keeps_its_session_alive_where_the_operator_says_so()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:IdleTimeout", "00:01:00"), ("Bff:Forwarding:WebSocketsKeepAlive", "true"));
        await using var socket = await OpenCall.WebSocketAsync(await world.LogInAsync(), world.Bff.Address, "/api/socket");

        for (var second = 0; second < 150; second += 5)
        {
            await world.AdvanceAsync(TimeSpan.FromSeconds(5));
            await Eventually.HappensAsync(() => world.Ask("SELECT COUNT(*) FROM sessions WHERE ends_at > @now + 35000") == 1);
        }

        socket.IsOpen.ShouldBeTrue();
    }
}
