namespace Bff.HostTests.Forwarding;

public sealed class StreamTimeoutTests
{
    /// <summary>Of the configuration, the cluster, and the route, whose word is the last.</summary>
    [Theory]
    [InlineData("00:00:30", null, null)]
    [InlineData("00:10:00", "00:00:30", null)]
    [InlineData("00:00:10", "00:10:00", "30s")]
    public async Task A_quiet_WebSocket_and_a_quiet_event_stream_are_told_that_they_end_after_their_own_time(string all, string? cluster, string? route)
    {
        await using var world = await World.StartAsync(
            ("Bff:Forwarding:StreamActivityTimeout", all), ("ReverseProxy:Clusters:api:HttpRequest:ActivityTimeout", cluster),
            ("ReverseProxy:Routes:api:Metadata:Bff.StreamActivityTimeout", route), ("ReverseProxy:Routes:plain:Metadata:Bff.StreamActivityTimeout", route));
        var alice = await world.LogInAsync();
        await using var socket = await OpenCall.WebSocketAsync(alice, world.Bff.Address, "/api/socket");
        await using var strangers = await OpenCall.WebSocketAsync(world.NewBrowser(), world.Bff.Address, "/plain/socket");
        await using var stream = await OpenCall.StreamAsync(alice, "/api/events", "text/event-stream");
        await using var busy = await OpenCall.WebSocketAsync(alice, world.Bff.Address, "/api/socket");

        await world.AdvanceAsync(TimeSpan.FromSeconds(25));
        await busy.SendAsync("still here");
        await Eventually.HappensAsync(() => !busy.Received.IsEmpty);
        (socket.IsOpen, stream.IsOpen, strangers.IsOpen).ShouldBe((true, true, true));
        world.Clock.Advance(TimeSpan.FromSeconds(5));   // no further: who is told has a second of this clock

        (await socket.EndsAsAsync()).ShouldBe("1001 idle_timeout");
        (await strangers.EndsAsAsync()).ShouldBe("1001 idle_timeout");
        (await stream.EndsAsAsync()).ShouldBe("complete");
        busy.IsOpen.ShouldBeTrue();
    }

    [Fact]
    public async Task Nor_has_one_that_refused_a_token_and_is_asked_again()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Api.Answers = context =>
        {
            context.Response.StatusCode = 401;
            context.Response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
            world.Api.Answers = _ => world.Api.Serve = again => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, again.RequestAborted);
        };
        var request = alice.Script(HttpMethod.Get, "/api/events");
        request.Headers.Add("Accept", "text/event-stream");

        var answer = alice.SendAsync(request);
        await Eventually.HappensAsync(() =>
        {
            if (world.Api.Calls.Count < 2) { world.Clock.Advance(TimeSpan.FromMilliseconds(5)); }
            return world.Api.Calls.Count == 2;
        });
        world.Clock.Advance(TimeSpan.FromSeconds(100));

        (await answer).ShouldBeProblem(504, "upstream_timeout");
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
