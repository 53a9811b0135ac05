using System.Net;

namespace Bff.HostTests.Guard;

[Trait("Standard", "WEB-5")]
public sealed class CorsTests
{
    [Theory]
    [InlineData("/api/echo", "PUT")]
    [InlineData("/open/echo", "GET")]
    [InlineData("/bff/session", "GET")]
    [InlineData("/bff/logout", "POST")]
    [Trait("Standard", "WEB-6")]
    public async Task A_front_end_may_ask_to_send_the_header(string path, string method)
    {
        await using var world = await World.StartAsync();

        var answer = await PreflightAsync(world, path, Browser.SpaOrigin, method);

        answer.Status.ShouldBe(HttpStatusCode.NoContent);
        answer.Header("Access-Control-Allow-Origin").ShouldBe(Browser.SpaOrigin);
        answer.Header("Access-Control-Allow-Credentials").ShouldBe("true");
        answer.Header("Access-Control-Allow-Headers").ShouldNotBeNull().ShouldContain("x-csrf", Case.Insensitive);
        answer.Header("Access-Control-Allow-Methods").ShouldNotBeNull().ShouldContain(method);
        answer.Header("Vary").ShouldNotBeNull().ShouldContain("Origin");
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("http://localhost:5001")]
    [InlineData("null")]
    public async Task Nobody_else_may(string origin)
    {
        await using var world = await World.StartAsync();
        var answer = await PreflightAsync(world, "/api/echo", origin, "GET");
        answer.Header("Access-Control-Allow-Origin").ShouldBeNull();
        answer.Header("Access-Control-Allow-Credentials").ShouldBeNull();
        world.Api.Calls.ShouldBeEmpty();
    }

    [Fact]
    [Trait("Standard", "WEB-7")]
    public async Task A_refused_call_of_a_front_end_can_be_read_by_it()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var request = alice.Bare(HttpMethod.Get, "/api/echo");
        request.Headers.Add("Origin", Browser.SpaOrigin);

        var answer = await alice.SendAsync(request);

        answer.ShouldBeProblem(403, "csrf_header_missing");
        answer.Header("Access-Control-Allow-Origin").ShouldBe(Browser.SpaOrigin);
        answer.Header("Access-Control-Allow-Credentials").ShouldBe("true");
    }

    [Fact]
    public async Task A_page_we_do_not_know_may_read_that_we_do_not_know_it_and_nothing_else()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();

        var refused = await SendFromAsync("/bff/session", "https://evil.example");
        refused.ShouldBeProblem(403, "origin_not_allowed");
        refused.Header("Access-Control-Allow-Origin").ShouldBe("*");
        refused.Header("Access-Control-Allow-Credentials").ShouldBeNull("then a request that carried the cookie could be read");

        (await SendFromAsync("/bff/nothing", "https://evil.example")).Header("Access-Control-Allow-Origin").ShouldBeNull();
        (await SendFromAsync("/bff/session", Browser.SpaOrigin)).Header("Access-Control-Allow-Origin").ShouldBe(Browser.SpaOrigin);

        Task<Answer> SendFromAsync(string path, string origin)
        {
            var request = alice.Bare(HttpMethod.Get, path);
            request.Headers.Add("Origin", origin);
            return alice.SendAsync(request);
        }
    }

    [Theory]
    [InlineData(null, "Content-Disposition")]
    [InlineData(null, "X-RateLimit-Remaining")]
    [InlineData(null, "Retry-After")]
    [InlineData("X-Of-Ours", "X-Of-Ours")]
    public async Task A_front_end_may_read_what_the_operator_exposes(string? configured, string readable)
    {
        await using var world = await World.StartAsync(("Bff:Spa:ExposedHeaders:0", configured));
        var alice = await world.LogInAsync();
        var exposed = (await alice.GetAsync("/api/echo")).Header("Access-Control-Expose-Headers").ShouldNotBeNull();
        exposed.Split(',', StringSplitOptions.TrimEntries).ShouldContain(readable);
        if (configured is not null) { exposed.ShouldBe(configured); }
    }

    private static Task<Answer> PreflightAsync(World world, string path, string origin, string method)
    {
        var browser = world.NewBrowser();
        var request = browser.Bare(HttpMethod.Options, path);
        request.Headers.TryAddWithoutValidation("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", method);
        request.Headers.Add("Access-Control-Request-Headers", "x-csrf");
        return browser.SendAsync(request);
    }
}
