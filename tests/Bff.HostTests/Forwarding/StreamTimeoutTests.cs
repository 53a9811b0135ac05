namespace Bff.HostTests.Forwarding;

public sealed class StreamTimeoutTests
{
    [Fact]
    public async Task A_quiet_WebSocket_and_a_quiet_event_stream_end_after_their_own_time()
    {
        await using var world = await World.StartAsync(("Bff:Forwarding:StreamActivityTimeout", "00:00:03"));
        var alice = await world.LogInAsync();
        await using var socket = await OpenCall.WebSocketAsync(alice, world.Bff.Address, "/api/socket");
        await using var stream = await OpenCall.StreamAsync(alice, "/api/events", "text/event-stream");

        await socket.EndsAsync();
        await stream.EndsAsync();
    }

    [Fact]
    public async Task What_the_cluster_says_itself_wins()
    {
        await using var world = await World.StartAsync(("ReverseProxy:Clusters:api:HttpRequest:ActivityTimeout", "00:00:03"));
        var alice = await world.LogInAsync();
        await using var socket = await OpenCall.WebSocketAsync(alice, world.Bff.Address, "/api/socket");

        await socket.EndsAsync();
    }

    [Fact]
    public async Task An_upstream_has_no_longer_than_ever_to_answer_a_handshake()
    {
        await using var upstream = RawServer.Silent();
        await using var world = await World.StartAsync(("ReverseProxy:Clusters:api:Destinations:one:Address", upstream.Address));
        var alice = await world.LogInAsync();

        var answer = await world.Clock.StartsWaitAsync(TimeSpan.FromSeconds(100), () => RawClient.ScriptAsync(
            alice, world.Bff.Address, "GET /api/socket HTTP/1.1", "Connection: Upgrade, close", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="));
        world.Clock.Advance(TimeSpan.FromSeconds(100));

        (await answer).ShouldContain("upstream_timeout");
    }
}
