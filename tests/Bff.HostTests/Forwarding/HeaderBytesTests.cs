using System.Text;

namespace Bff.HostTests.Forwarding;

/// <summary>Header values are bytes (RFC 9110 section 5.5): what is not ASCII passes as it came, in either encoding, both ways.</summary>
public sealed class HeaderBytesTests
{
    public static TheoryData<string> Values => [Encoding.Latin1.GetString(Encoding.UTF8.GetBytes("Müller – 漢字.pdf")), "M\u00fcller.pdf", "\u0080\u00ff"];

    [Theory]
    [MemberData(nameof(Values))]
    public async Task An_upstreams_header_beyond_ASCII_reaches_the_browser(string value)
    {
        await using var upstream = RawServer.Answering(
            $"HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename=\"{value}\"\r\nX-Note: {value}\r\nContent-Length: 2\r\n\r\nok");
        await using var world = await World.StartAsync(("ReverseProxy:Clusters:api:Destinations:one:Address", upstream.Address));

        var answer = await RawClient.ScriptAsync(await world.LogInAsync(), world.Bff.Address, "GET /api/echo HTTP/1.1");

        answer.ShouldStartWith("HTTP/1.1 200 OK");
        answer.ShouldContain($"Content-Disposition: attachment; filename=\"{value}\"\r\n");
        answer.ShouldContain($"X-Note: {value}\r\n");
    }

    [Theory]
    [MemberData(nameof(Values))]
    public async Task A_browsers_header_beyond_ASCII_reaches_the_upstream(string value)
    {
        await using var upstream = RawServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using var world = await World.StartAsync(("ReverseProxy:Clusters:api:Destinations:one:Address", upstream.Address));

        (await RawClient.ScriptAsync(await world.LogInAsync(), world.Bff.Address, "GET /api/echo HTTP/1.1", "X-Note: " + value))
            .ShouldStartWith("HTTP/1.1 200 OK");

        upstream.Requests.Single().ShouldContain($"X-Note: {value}\r\n");
    }

    [Fact]
    public async Task A_foreign_cookie_beyond_ASCII_reaches_the_upstream_and_locks_nobody_out()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var cookies = "Cookie: name=M\u00fcller; " + alice.Cookies.HeaderFor("localhost");

        (await RawClient.SendAsync(world.Bff.Address, ["GET /api/echo HTTP/1.1", "X-CSRF: 1", cookies])).ShouldContain("alice");
        await RawClient.SendAsync(world.Bff.Address, ["GET /plain/echo HTTP/1.1", cookies]);

        world.Api.LastCall.Header("Cookie").ShouldBe("name=M\u00fcller");
    }

    [Fact]
    public async Task A_cluster_may_have_its_own_encoding()
    {
        await using var upstream = RawServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using var world = await World.StartAsync(
            ("ReverseProxy:Clusters:api:Destinations:one:Address", upstream.Address), ("ReverseProxy:Clusters:api:HttpClient:RequestHeaderEncoding", "utf-8"));

        await RawClient.ScriptAsync(await world.LogInAsync(), world.Bff.Address, "GET /api/echo HTTP/1.1", "X-Note: \u00fc");

        upstream.Requests.Single().ShouldContain("X-Note: \u00c3\u00bc\r\n");
    }
}
