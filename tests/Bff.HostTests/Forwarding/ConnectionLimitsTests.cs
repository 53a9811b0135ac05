using System.Net;

namespace Bff.HostTests.Forwarding;

[Trait("Standard", "HARD-18")]
public sealed class ConnectionLimitsTests
{
    /// <summary>The pretend API answers such a handshake as any other call.</summary>
    private const string NotTaken = "Sec-WebSocket-Version: 7";

    [Fact]
    public async Task A_session_has_so_many_WebSockets_and_event_streams_and_no_more()
    {
        await using var world = await World.StartAsync(("Bff:Forwarding:MaxConnectionsPerSession", "2"));
        var (alice, bob) = (await world.LogInAsync(), await world.LogInAsync("bob"));
        await using var socket = await OpenCall.WebSocketAsync(alice, world.Bff.Address, "/api/socket");
        await using var stream = await OpenCall.StreamAsync(alice, "/api/events");

        (await HandshakeAsync(alice, world, "/api/socket")).ShouldContain("too_many_connections");
        var refused = await alice.GetAsync("/api/events");
        refused.ShouldBeProblem(429, "too_many_connections");
        refused.Header("Retry-After").ShouldNotBeNull();
        await using var bobs = await OpenCall.WebSocketAsync(bob, world.Bff.Address, "/api/socket");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task A_route_has_limits_of_its_own_for_one_session_and_for_all()
    {
        await using var world = await World.StartAsync(
            [.. FetchedRoutes.Of("live", "Header", ("Bff.MaxConnections", "3"), ("Bff.MaxConnectionsPerSession", "2"))]);
        var (alice, bob) = (await world.LogInAsync(), await world.LogInAsync("bob"));
        await using var one = await OpenCall.WebSocketAsync(alice, world.Bff.Address, "/live/socket");
        await using (await OpenCall.StreamAsync(alice, "/live/events"))
        {
            (await alice.GetAsync("/live/events")).ShouldBeProblem(429, "too_many_connections");
            await using var elsewhere = await OpenCall.StreamAsync(alice, "/api/events");
            await using var bobs = await OpenCall.WebSocketAsync(bob, world.Bff.Address, "/live/socket");
            var full = await bob.GetAsync("/live/events");
            full.ShouldBeProblem(503, "connections_exhausted");
            full.Header("Retry-After").ShouldNotBeNull();
            (await bob.GetAsync("/live/echo")).Body.ShouldBe("bob");
        }

        await Eventually.HappensAsync(async () =>
        {
            using var again = await alice.BeginAsync(alice.Script(HttpMethod.Get, "/live/events"));
            return again.StatusCode == HttpStatusCode.OK;
        });
    }

    [Fact]
    public async Task A_connection_that_ends_makes_room()
    {
        await using var world = await World.StartAsync(("Bff:Forwarding:MaxConnectionsPerSession", "1"));
        var alice = await world.LogInAsync();
        for (var round = 0; round < 3; round++)
        {
            await using (await OpenCall.WebSocketAsync(alice, world.Bff.Address, "/api/socket")) { }
            await Eventually.HappensAsync(
                async () => !(await HandshakeAsync(alice, world, "/api/echo", NotTaken)).Contains("too_many_connections", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_handshake_the_upstream_does_not_take_holds_no_place()
    {
        await using var world = await World.StartAsync(("Bff:Forwarding:MaxConnectionsPerSession", "1"));
        var alice = await world.LogInAsync();
        for (var round = 0; round < 5; round++)
        {
            await Eventually.HappensAsync(
                async () => (await HandshakeAsync(alice, world, "/api/echo", NotTaken)).StartsWith("HTTP/1.1 200", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Strangers_of_one_address_have_so_many_together()
    {
        await using var world = await World.StartAsync(("Bff:Forwarding:MaxConnectionsPerAddress", "2"));
        await using var one = await OpenCall.WebSocketAsync(world.NewBrowser(), world.Bff.Address, "/plain/socket");
        await using var two = await OpenCall.StreamAsync(world.NewBrowser(), "/plain/events");

        (await HandshakeAsync(world.NewBrowser(), world, "/plain/socket")).ShouldContain("too_many_connections");
        var alice = await world.LogInAsync();
        await using var hers = await OpenCall.WebSocketAsync(alice, world.Bff.Address, "/plain/socket");
    }

    [Fact]
    public async Task Strangers_leave_half_of_all_connections_to_those_who_are_signed_in()
    {
        await using var world = await World.StartAsync(("Bff:Forwarding:MaxConnections", "4"));
        var alice = await world.LogInAsync();
        await using var one = await OpenCall.WebSocketAsync(world.NewBrowser(), world.Bff.Address, "/plain/socket");
        await using var two = await OpenCall.WebSocketAsync(world.NewBrowser(), world.Bff.Address, "/plain/socket");
        (await world.NewBrowser().GetAsync("/plain/events")).ShouldBeProblem(503, "connections_exhausted");

        await using var three = await OpenCall.WebSocketAsync(alice, world.Bff.Address, "/api/socket");
        await using var four = await OpenCall.WebSocketAsync(alice, world.Bff.Address, "/api/socket");
        (await alice.GetAsync("/api/events")).ShouldBeProblem(503, "connections_exhausted");
        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Ordinary_streamed_answers_are_not_counted()
    {
        await using var world = await World.StartAsync(("Bff:Forwarding:MaxConnectionsPerSession", "1"));
        var alice = await world.LogInAsync();
        await using var one = await OpenCall.StreamAsync(alice, "/api/stream");
        await using var two = await OpenCall.StreamAsync(alice, "/api/stream");
    }

    [Fact]
    public async Task Who_asked_for_a_stream_has_a_place_whatever_came_since_it_may_be_quiet_for_as_long()
    {
        await using var world = await World.StartAsync(("Bff:Forwarding:MaxConnectionsPerSession", "1"));
        var alice = await world.LogInAsync();
        await using var one = await OpenCall.StreamAsync(alice, "/api/stream", "text/event-stream");
        (await alice.GetAsync("/api/events")).ShouldBeProblem(429, "too_many_connections");
    }

    private static Task<string> HandshakeAsync(Browser browser, World world, string path, string version = "Sec-WebSocket-Version: 13") =>
        RawClient.ScriptAsync(
        browser, world.Bff.Address, $"GET {path} HTTP/1.1", "Connection: Upgrade, close", "Upgrade: websocket", version,
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
}
