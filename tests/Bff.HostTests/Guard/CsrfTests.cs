using System.Net;

namespace Bff.HostTests.Guard;

[Trait("Standard", "BBA-10")]
public sealed class CsrfTests
{
    public static TheoryData<string, string> Guarded => new()
    {
        { "GET", "/api/echo" }, { "POST", "/api/echo" }, { "DELETE", "/api/echo" }, { "HEAD", "/api/echo" }, { "GET", "/open/echo" },
        { "GET", "/bff/user" }, { "GET", "/bff/session" }, { "POST", "/bff/renew" }, { "POST", "/bff/logout" },
    };

    [Theory]
    [MemberData(nameof(Guarded))]
    [Trait("Standard", "BBA-12")]
    public async Task Without_the_header_a_request_is_refused(string method, string path)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();

        var answer = await alice.SendAsync(alice.Bare(new HttpMethod(method), path));

        answer.Status.ShouldBe(HttpStatusCode.Forbidden);
        if (method != "HEAD") { answer.Code.ShouldBe("csrf_header_missing"); }
        world.Api.Calls.ShouldBeEmpty();
        world.Provider.Refreshes.ShouldBe(0);
        world.Sessions.ShouldBe(1);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("")]
    [InlineData("1, 1")]
    [Trait("Standard", "BBA-12")]
    public async Task The_header_must_have_its_value(string value)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var request = alice.Bare(HttpMethod.Get, "/api/echo");
        request.Headers.TryAddWithoutValidation("X-CSRF", value);
        (await alice.SendAsync(request)).ShouldBeProblem(403, "csrf_header_missing");
    }

    [Fact]
    [Trait("Standard", "BBA-12")]
    public async Task A_forged_request_is_refused_before_any_session_is_read()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:CacheLifetime", "00:00:00"));
        var alice = await world.LogInAsync();
        world.Execute("ALTER TABLE sessions RENAME TO hidden");

        (await alice.SendAsync(alice.Bare(HttpMethod.Get, "/api/echo"))).ShouldBeProblem(403, "csrf_header_missing");
        (await alice.GetAsync("/api/echo")).ShouldBeProblem(503, "store_unavailable");

        world.Execute("ALTER TABLE hidden RENAME TO sessions");
        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("http://localhost:5001")]
    [InlineData("https://localhost:5000")]
    [InlineData("http://localhost:5000.evil.example")]
    [InlineData("http://localhost")]
    [InlineData("null")]
    [Trait("Standard", "WEB-4")]
    public async Task Another_origin_is_refused_though_it_has_the_header(string origin)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var request = alice.Bare(HttpMethod.Get, "/api/echo");
        request.Headers.Add("X-CSRF", "1");
        request.Headers.TryAddWithoutValidation("Origin", origin);

        var answer = await alice.SendAsync(request);

        answer.ShouldBeProblem(403, "origin_not_allowed");
        answer.Header("Access-Control-Allow-Origin").ShouldBe("*", "why it is refused may be read, but by no request that sends a cookie");
        answer.Header("Access-Control-Allow-Credentials").ShouldBeNull();
    }

    [Fact]
    public async Task Our_own_origin_is_allowed()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var request = alice.Bare(HttpMethod.Get, "/api/echo");
        request.Headers.Add("X-CSRF", "1");
        request.Headers.Add("Origin", world.Bff.Address.GetLeftPart(UriPartial.Authority));
        (await alice.SendAsync(request)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("cross-site", 403)]
    [InlineData("same-site", 200)]
    [InlineData("same-origin", 200)]
    [InlineData("none", 200)]
    [Trait("Standard", "WEB-3")]
    public async Task A_request_from_another_site_is_refused_though_it_has_the_header(string site, int status)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var request = alice.Bare(HttpMethod.Get, "/api/echo");
        request.Headers.Add("X-CSRF", "1");
        request.Headers.Add("Sec-Fetch-Site", site);
        ((int)(await alice.SendAsync(request)).Status).ShouldBe(status);
    }

    [Fact]
    public async Task A_front_end_of_another_site_that_is_allowed_may_call()
    {
        await using var world = await World.StartAsync(("Bff:Spa:Origins:1", "https://shop.example"));
        var alice = await world.LogInAsync();
        var request = alice.Bare(HttpMethod.Get, "/api/echo");
        request.Headers.Add("X-CSRF", "1");
        request.Headers.Add("Sec-Fetch-Site", "cross-site");
        request.Headers.Add("Origin", "https://shop.example");
        (await alice.SendAsync(request)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_route_without_token_needs_no_header()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        (await alice.SendAsync(alice.Bare(HttpMethod.Get, "/plain/page"))).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(null, "origin_required")]
    [InlineData("https://evil.example", "origin_not_allowed")]
    [Trait("Standard", "WEB-8")]
    public async Task A_WebSocket_handshake_needs_an_allowed_origin(string? origin, string code)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var request = alice.Bare(HttpMethod.Get, "/api/socket");
        request.Headers.Add("Connection", "Upgrade");
        request.Headers.Add("Upgrade", "websocket");
        if (origin is not null) { request.Headers.Add("Origin", origin); }
        (await alice.SendAsync(request)).ShouldBeProblem(403, code);
    }

    [Theory]
    [InlineData("/api/echo")]
    [InlineData("/plain/echo")]
    [InlineData("/bff/session")]
    [Trait("Standard", "ASVS-12")]
    public async Task TRACE_is_off(string path)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        ((int)(await alice.SendAsync(alice.Script(HttpMethod.Trace, path))).Status).ShouldBe(405);
        world.Api.Calls.ShouldBeEmpty();
    }
}
