using System.Net;

namespace Bff.HostTests.Forwarding;

/// <summary>Answers the proxy makes because an upstream did not are problems a program can read; what an upstream said itself stays.</summary>
public sealed class UpstreamErrorTests
{
    [Fact]
    public async Task An_upstream_that_is_down()
    {
        await using var world = await World.StartAsync(("ReverseProxy:Clusters:api:Destinations:one:Address", "http://127.0.0.1:1"));
        var answer = await (await world.LogInAsync()).GetAsync("/api/echo");
        answer.ShouldBeProblem(502, "upstream_unavailable");
        answer.Header("Access-Control-Allow-Origin").ShouldBe(Browser.SpaOrigin);
        answer.Header("Cache-Control").ShouldBe("no-store");
        answer.Header("Retry-After").ShouldNotBeNull();
        world.Sessions.ShouldBe(1);
    }

    [Fact]
    public async Task A_cluster_without_destinations()
    {
        await using var world = await World.StartAsync(
            ("ReverseProxy:Routes:nowhere:ClusterId", "empty"), ("ReverseProxy:Routes:nowhere:Match:Path", "/nowhere"),
            ("ReverseProxy:Clusters:empty:LoadBalancingPolicy", "RoundRobin"));
        (await world.NewBrowser().GetAsync("/nowhere")).ShouldBeProblem(503, "upstream_unavailable");
    }

    [Fact]
    public async Task An_upstream_that_does_not_answer_in_time()
    {
        await using var upstream = RawServer.Silent();
        await using var world = await World.StartAsync(
            ("ReverseProxy:Clusters:api:Destinations:one:Address", upstream.Address), ("ReverseProxy:Clusters:api:HttpRequest:ActivityTimeout", "00:00:01"));
        var answer = await (await world.LogInAsync()).GetAsync("/api/echo");
        answer.ShouldBeProblem(504, "upstream_timeout");
        answer.Header("Access-Control-Allow-Origin").ShouldBe(Browser.SpaOrigin);
    }

    [Theory]
    [InlineData("this is not HTTP\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nBad Header: x\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nX-Bell: \a\r\n\r\n0123456789")]
    public async Task An_upstream_that_speaks_no_HTTP(string said)
    {
        await using var upstream = RawServer.Answering(said);
        await using var world = await World.StartAsync(("ReverseProxy:Clusters:api:Destinations:one:Address", upstream.Address));
        var answer = await (await world.LogInAsync()).GetAsync("/api/echo");
        if (answer.Status != HttpStatusCode.OK) { answer.ShouldBeProblem(502, "upstream_invalid_response"); }
    }

    [Fact]
    public async Task A_body_that_is_too_large()
    {
        await using var world = await World.StartAsync(("ReverseProxy:Routes:api:MaxRequestBodySize", "1000"));
        var alice = await world.LogInAsync();
        var request = alice.Script(HttpMethod.Post, "/api/echo");
        request.Content = new StringContent(new string('x', 2000));

        var answer = await alice.SendAsync(request);

        answer.ShouldBeProblem(413, "request_too_large");
        answer.Header("Access-Control-Allow-Origin").ShouldBe(Browser.SpaOrigin);
    }

    [Theory]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    [InlineData(413)]
    public async Task What_an_upstream_says_itself_stays(int status)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Api.Answers = context => context.Response.StatusCode = status;

        var answer = await alice.GetAsync("/api/echo");
        ((int)answer.Status).ShouldBe(status);
        answer.Body.ShouldBe("alice");

        world.Api.Silent = true;
        answer = await alice.GetAsync("/api/echo");
        ((int)answer.Status).ShouldBe(status);
        answer.Body.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_upstream_that_refuses_a_large_body_by_its_head_is_heard_at_once()
    {
        await using var upstream = RawServer.AnsweringAndStaying("HTTP/1.1 413 Content Too Large\r\nContent-Length: 7\r\n\r\ntoo big");
        await using var world = await World.StartAsync(
            ("ReverseProxy:Clusters:api:Destinations:one:Address", upstream.Address), ("ReverseProxy:Routes:api:MaxRequestBodySize", "-1"));
        var alice = await world.LogInAsync();

        var answer = await RawClient.SendAsync(
            world.Bff.Address,
            ["PUT /api/files HTTP/1.1", "X-CSRF: 1", "Origin: " + Browser.SpaOrigin, "Cookie: " + alice.Cookies.HeaderFor("localhost"),
                "Content-Length: 50000000"],
            new string('x', 64 * 1024));

        answer.ShouldStartWith("HTTP/1.1 413");
        answer.ShouldEndWith("too big");
    }
}
