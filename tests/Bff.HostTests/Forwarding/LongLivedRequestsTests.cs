using System.Net;
using System.Net.WebSockets;
using Bff.Sessions;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Sql;
using Microsoft.Extensions.DependencyInjection;

namespace Bff.HostTests.Forwarding;

public sealed class LongLivedRequestsTests
{
    [Fact]
    [Trait("Standard", "ASVS-4")]
    public async Task What_stays_open_goes_on_through_renewals_and_is_told_when_its_session_ends_at_another_node()
    {
        await using var world = await World.StartAsync();
        var (alice, bob) = (await world.LogInAsync(), await world.LogInAsync("bob"));
        await using var socket = await OpenCall.WebSocketAsync(alice, world.Bff.Address, "/api/socket");
        await using var events = await OpenCall.StreamAsync(alice, "/api/events");
        await using var download = await OpenCall.StreamAsync(alice, "/api/stream");
        await using var bobs = await OpenCall.WebSocketAsync(bob, world.Bff.Address, "/api/socket");
        for (var renewals = 2; renewals <= 6; renewals += 2)   // of both
        {
            await world.AdvanceUntilAsync(() => world.Provider.Refreshes >= renewals, within: TimeSpan.FromMinutes(6));
            await socket.SendAsync("still there?");
            await world.Api.TellAsync("still here");
        }

        await Eventually.HappensAsync(() => (socket.Received.Count, events.Received.Count, download.Received.Count) == (3, 3, 3));
        SessionKey.TryRead(alice.Session, out var id).ShouldBeTrue();

        world.Bff.Services.GetRequiredService<SessionChanges>().Publish(new SessionChange(id, DueAt: null, EndReasons.SignedOut, Remote: true));

        // The clock stands still: it takes no second.
        (await socket.EndsAsAsync()).ShouldBe("1008 session_ended");
        (await events.EndsAsAsync()).ShouldBe("complete");
        (await download.EndsAsAsync()).ShouldBeNull("half a file must not look like a whole one");
        bobs.IsOpen.ShouldBeTrue();
        await Eventually.HappensAsync(() => world.Api.Closed.SequenceEqual([1008]));   // the API is told, too
    }

    [Fact]
    public async Task A_WebSocket_over_HTTP_2_is_told_as_well()
    {
        var port = FreePort.Find();
        await using var world = await World.StartAsync(
            ("Kestrel:Endpoints:Main:Url", $"http://127.0.0.1:{FreePort.Find()}"), ("Kestrel:Endpoints:Other:Url", $"http://127.0.0.1:{port}"),
            ("Kestrel:Endpoints:Other:Protocols", "Http2"));
        var alice = await world.LogInAsync();
        await using var socket = await OpenCall.WebSocketAsync(alice, new Uri($"http://localhost:{port}"), "/api/socket", HttpVersion.Version20);

        await alice.PostAsync("/bff/logout");

        (await socket.EndsAsAsync()).ShouldBe("1008 session_ended");
    }

    [Fact]
    public async Task Who_does_not_close_when_told_to_is_at_its_end_and_still_finds_what_it_was_told()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await using var deaf = await RawSocket.OpenAsync(alice, world.Bff.Address, "/api/socket");
        await using var slow = await RawSocket.OpenAsync(alice, world.Bff.Address, "/api/socket");
        await alice.PostAsync("/bff/logout");
        await deaf.SeesAsync("session_ended");

        await deaf.SendAsync(RawSocket.Frame("and yet"));
        await world.AdvanceAsync(TimeSpan.FromSeconds(4));

        await deaf.SeesEndAsync();
        world.Api.Closed.ShouldBeEmpty();
        await slow.SendCloseAsync();
        await slow.SeesAsync("session_ended");
        await slow.SeesEndAsync();
    }

    [Fact]
    public async Task Who_takes_nothing_is_cut()
    {
        await using var world = await World.StartAsync();
        var (sent, cut) = (0, new TaskCompletionSource());
        world.Api.Serve = async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            try
            {
                for (; ; sent++) { await socket.SendAsync(new byte[64 * 1024], WebSocketMessageType.Binary, endOfMessage: true, context.RequestAborted); }
            }
            catch (Exception error) when (error is WebSocketException or OperationCanceledException)
            {
                cut.SetResult();
            }
        };
        var alice = await world.LogInAsync();
        await using var blocked = await RawSocket.OpenAsync(alice, world.Bff.Address, "/api/socket");
        await Eventually.HappensAsync(async () =>
        {
            var before = sent;
            await Eventually.ShortlyAsync();
            return before > 0 && sent == before;
        }, "there is no room on the way");

        await alice.PostAsync("/bff/logout");
        await world.AdvanceAsync(TimeSpan.FromSeconds(2));

        await cut.Task.WaitAsync(Eventually.Deadline, TimeProvider.System);
    }

    /// <summary>What came after it would be taken for the rest of that frame.</summary>
    [Fact]
    public async Task An_API_that_has_half_of_a_frame_gets_no_other_after_it()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await using var one = await RawSocket.OpenAsync(alice, world.Bff.Address, "/api/socket");
        var half = RawSocket.Frame("half of it");
        await one.SendAsync([.. RawSocket.Frame("whole"), .. half[..^8]]);
        await one.SeesAsync("whole");
        await alice.PostAsync("/bff/logout");
        await one.SeesAsync("session_ended");

        await one.SendAsync(half[^8..]);
        await one.SendCloseAsync();

        await one.SeesEndAsync();
        await Eventually.HappensAsync(() => world.Api.Sockets.Open == 0);
        world.Api.Sockets.Messages.ShouldBe(1);
    }

    [Fact]
    public async Task A_frame_under_way_is_finished_before_the_end_is_told()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await using var socket = await OpenCall.WebSocketAsync(alice, world.Bff.Address, "/api/socket");
        var longText = new string('x', 100_000);
        await socket.SendAsync(longText);
        await alice.PostAsync("/bff/logout");

        (await socket.EndsAsAsync()).ShouldBe("1008 session_ended");
        longText.ShouldStartWith(string.Concat(socket.Received));
    }

    [Theory]
    [InlineData("true", "1008 token_expired")]
    [InlineData("false", null)]
    public async Task A_route_says_whether_its_connections_end_with_the_token_they_began_with(string withToken, string? end)
    {
        await using var world = await World.StartAsync([.. FetchedRoutes.Of("live", "Header", ("Bff.EndsWithToken", withToken))]);
        var alice = await world.LogInAsync();
        await using var socket = await OpenCall.WebSocketAsync(alice, world.Bff.Address, "/live/socket");
        await using var events = await OpenCall.StreamAsync(alice, "/live/events", "text/event-stream");
        await using var others = await OpenCall.WebSocketAsync(alice, world.Bff.Address, "/api/socket");

        await world.AdvanceAsync(world.Provider.Lifetime - TimeSpan.FromSeconds(5));
        (socket.IsOpen, events.IsOpen).ShouldBe((true, true));
        world.Clock.Advance(TimeSpan.FromSeconds(5));   // no further: who is told has a second of this clock

        if (end is null) { await socket.SendAsync("still there?"); }
        else
        {
            (await socket.EndsAsAsync()).ShouldBe(end);
            (await events.EndsAsAsync()).ShouldBe("complete");
        }

        (socket.IsOpen, others.IsOpen).ShouldBe((end is null, true));
    }

    [Theory]
    [InlineData("Traffic", true)]
    [InlineData("Request", false)]
    [InlineData(null, false)]
    public async Task A_route_says_whether_what_its_connections_carry_is_use_of_the_session(string? use, bool lives)
    {
        await using var world = await World.StartAsync([.. FetchedRoutes.Of("live", "Header"),
            ("ReverseProxy:Routes:live:Metadata:Bff.CountsAsUse", use), ("Bff:Sessions:IdleTimeout", "00:01:00")]);
        await using var socket = await OpenCall.WebSocketAsync(await world.LogInAsync(), world.Bff.Address, "/live/socket");
        for (var second = 0; second < (lives ? 120 : 60); second += 10)   // the session of a call alone ends after the last of them
        {
            var heard = socket.Received.Count;
            await socket.SendAsync("at work");
            await Eventually.HappensAsync(() => socket.Received.Count > heard);
            await world.AdvanceAsync(TimeSpan.FromSeconds(10));
            if (lives) { await world.AdvanceUntilAsync(() => world.Ask("SELECT ends_at - @now FROM sessions") > 20_000, TimeSpan.FromSeconds(15)); }
        }

        if (lives) { socket.IsOpen.ShouldBeTrue(); }
        await world.AdvanceUntilAsync(() => !socket.IsOpen, within: lives ? TimeSpan.FromMinutes(5) : TimeSpan.FromSeconds(20));   // a quiet one is no use
    }

    [Fact]
    public async Task Calls_of_a_route_that_says_so_are_no_use_of_the_session()
    {
        await using var world = await World.StartAsync([.. FetchedRoutes.Of("status", "Header", ("Bff.CountsAsUse", "None")),
            ("Bff:Sessions:IdleTimeout", "00:01:00")]);
        var alice = await world.LogInAsync();
        for (var second = 0; second < 50; second += 10)
        {
            (await alice.GetAsync("/status/x")).Body.ShouldBe("alice");
            await world.AdvanceAsync(TimeSpan.FromSeconds(10));
        }

        await world.AdvanceAsync(TimeSpan.FromSeconds(20));
        (await alice.GetAsync("/status/x")).ShouldBeProblem(401, "session_required");
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
