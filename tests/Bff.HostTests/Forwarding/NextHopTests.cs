using System.Net;

namespace Bff.HostTests.Forwarding;

/// <summary>What an upstream or a browser says about the connection is for the next hop only (RFC 9110 section 7.6.1, RFC 9112 section 6).</summary>
public sealed class NextHopTests
{
    [Theory]
    [InlineData("Upgrade: websocket\r\nConnection: Upgrade\r\n")]
    [InlineData("")]
    public async Task A_switch_of_protocols_nobody_asked_for_is_no_answer(string headers)
    {
        await using var upstream = RawServer.AnsweringAndStaying($"HTTP/1.1 101 Switching Protocols\r\n{headers}\r\nHTTP/1.1 200 OK\r\n\r\nsmuggled");
        await using var world = await World.StartAsync(("ReverseProxy:Clusters:api:Destinations:one:Address", upstream.Address));
        var alice = await world.LogInAsync();

        var answer = await alice.GetAsync("/api/echo");

        answer.ShouldBeProblem(502, "upstream_invalid_response");
        answer.Header("Access-Control-Allow-Origin").ShouldBe(Browser.SpaOrigin);
    }

    [Theory]
    [InlineData("204 No Content", "Content-Length: 5\r\n\r\nhello")]
    [InlineData("204 No Content", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("205 Reset Content", "Content-Length: 5\r\n\r\nhello")]
    [InlineData("205 Reset Content", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("304 Not Modified", "Content-Length: 5\r\n\r\nhello")]
    [InlineData("304 Not Modified", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    public async Task A_body_where_none_may_be_is_dropped(string status, string rest)
    {
        await using var upstream = RawServer.Answering($"HTTP/1.1 {status}\r\nX-From: api\r\n{rest}");
        await using var world = await World.StartAsync(("ReverseProxy:Clusters:api:Destinations:one:Address", upstream.Address));
        var alice = await world.LogInAsync();

        for (var round = 0; round < 2; round++)
        {
            var answer = await alice.GetAsync("/api/echo");
            ((int)answer.Status).ShouldBe(int.Parse(status[..3], System.Globalization.CultureInfo.InvariantCulture));
            answer.Body.ShouldBeEmpty();
            answer.Header("X-From").ShouldBe("api");
        }
    }

    [Theory]
    [InlineData("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("Content-Length: 3\r\nContent-Length: 5\r\n\r\nhello")]
    public async Task An_answer_with_two_lengths_is_no_answer(string rest)
    {
        await using var upstream = RawServer.Answering($"HTTP/1.1 200 OK\r\n{rest}");
        await using var world = await World.StartAsync(("ReverseProxy:Clusters:api:Destinations:one:Address", upstream.Address));
        (await (await world.LogInAsync()).GetAsync("/api/echo")).ShouldBeProblem(502, "upstream_invalid_response");
    }

    [Fact]
    public async Task Headers_an_upstream_names_as_the_connections_stay_here()
    {
        await using var upstream = RawServer.Answering(
            "HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nTrailer: X-Sum\r\nX-End: 2\r\nContent-Length: 2\r\n\r\nok");
        await using var world = await World.StartAsync(("ReverseProxy:Clusters:api:Destinations:one:Address", upstream.Address));

        var answer = await (await world.LogInAsync()).GetAsync("/api/echo");

        answer.Status.ShouldBe(HttpStatusCode.OK);
        answer.Header("X-Hop").ShouldBeNull();
        answer.Header("Keep-Alive").ShouldBeNull();
        answer.Header("Trailer").ShouldBeNull();
        answer.Header("X-End").ShouldBe("2");
    }

    /// <remarks>Of a <c>Connection</c> with <c>close</c> in it Kestrel keeps no other word, so this one has none, and HTTP/1.0 closes by itself.</remarks>
    [Fact]
    [Trait("Standard", "SEC-8")]
    public async Task What_a_caller_says_about_its_connection_goes_no_further()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();

        var answer = await RawClient.ScriptAsync(
            alice, world.Bff.Address, "GET /api/echo HTTP/1.0", "Connection: X-Hop", "X-Hop: 1", "Trailer: X-Sum", "Keep-Alive: timeout=5", "X-End: 2");

        answer.ShouldContain("200 OK");
        var call = world.Api.LastCall;
        call.Header("X-Hop").ShouldBeNull();
        call.Header("Trailer").ShouldBeNull();
        call.Header("Keep-Alive").ShouldBeNull();
        call.Header("X-End").ShouldBe("2");
    }

    [Fact]
    public async Task A_request_with_two_lengths_goes_upstream_with_one()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();

        var answer = await RawClient.SendAsync(
            world.Bff.Address,
            ["POST /api/echo HTTP/1.1", "X-CSRF: 1", "Origin: " + Browser.SpaOrigin, "Cookie: " + alice.Cookies.HeaderFor("localhost"), "Content-Length: 3",
                "Transfer-Encoding: chunked"],
            "5\r\nhello\r\n0\r\n\r\n");

        answer.ShouldStartWith("HTTP/1.1 200");
        var call = world.Api.LastCall;
        call.Header("Transfer-Encoding").ShouldBe("chunked");
        call.Header("Content-Length").ShouldBeNull();
        call.Header("X-Content-Length").ShouldBeNull();
    }
}
