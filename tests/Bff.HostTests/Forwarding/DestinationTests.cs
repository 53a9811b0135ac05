using System.Net;
using System.Net.Sockets;

namespace Bff.HostTests.Forwarding;

/// <summary>Where a request is sent on to is what the configuration says of its route, whatever the request says.</summary>
public sealed class DestinationTests
{
    [Theory]
    [InlineData("http://ELSEWHERE/plain/echo", "localhost")]
    [InlineData("http://ELSEWHERE/plain/echo", "ELSEWHERE")]
    [InlineData("/plain/http://ELSEWHERE/echo", "localhost")]
    [InlineData("/plain/@ELSEWHERE/echo", "localhost")]
    [InlineData("/plain/%2F%2FELSEWHERE/echo", "localhost")]
    [InlineData("/plain/echo?url=http://ELSEWHERE/&host=ELSEWHERE", "localhost")]
    [InlineData("/plain/echo", "ELSEWHERE")]
    [InlineData("/plain/echo", "localhost", "X-Forwarded-Host: ELSEWHERE", "X-Forwarded-Server: ELSEWHERE", "Forwarded: host=ELSEWHERE")]
    [InlineData("/plain/echo", "localhost", "X-Original-URL: http://ELSEWHERE/", "X-Rewrite-URL: http://ELSEWHERE/", "Destination: http://ELSEWHERE/")]
    [Trait("Standard", "BBA-13")]
    [Trait("Standard", "BBA-14")]
    public async Task No_request_chooses_where_it_is_sent(string target, string host, params string[] headers)
    {
        await using var world = await World.StartAsync();
        using var elsewhere = new TcpListener(IPAddress.Loopback, 0);
        elsewhere.Start();

        var answer = await RawCall.GetAsync(world.Bff.Address, Named(target), Named(host), [.. headers.Select(Named)]);

        answer.Status.ShouldBeOneOf(200, 400);
        world.Api.Calls.Count.ShouldBe(answer.Status == 200 ? 1 : 0);
        elsewhere.Pending().ShouldBeFalse();

        string Named(string text) => text.Replace("ELSEWHERE", elsewhere.LocalEndpoint.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Standard", "BBA-13")]
    public async Task No_request_opens_a_tunnel()
    {
        await using var world = await World.StartAsync();
        using var elsewhere = new TcpListener(IPAddress.Loopback, 0);
        elsewhere.Start();

        var head = $"CONNECT {elsewhere.LocalEndpoint} HTTP/1.1\r\nHost: {elsewhere.LocalEndpoint}\r\nConnection: close";
        var answer = await RawCall.SendAsync(world.Bff.Address, head);

        answer.Status.ShouldBeInRange(400, 499);
        elsewhere.Pending().ShouldBeFalse();
    }
}
