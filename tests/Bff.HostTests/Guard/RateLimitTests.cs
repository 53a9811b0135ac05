using System.Net;

namespace Bff.HostTests.Guard;

[Trait("Standard", "HARD-4")]
public sealed class RateLimitTests
{
    [Fact]
    public async Task One_address_cannot_begin_sign_ins_without_end()
    {
        await using var world = await World.StartAsync(("Bff:RateLimits:SignIn", "3"));
        var browser = world.NewBrowser();
        for (var i = 0; i < 3; i++) { (await browser.StepAsync("/bff/login")).Status.ShouldBe(HttpStatusCode.Found); }

        var refused = await browser.StepAsync("/bff/login", accept: "*/*");

        refused.ShouldBeProblem(429, "too_many_requests");
        int.Parse(refused.Header("Retry-After")!, System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(1, 60);
        refused.SetCookies.ShouldBeEmpty();
        world.Bff.Logs.Lines.ShouldContain(
            line => line.Contains("/bff/login => Handle from 127.0.0.1 was refused: too_many_requests.", StringComparison.Ordinal));
        (await browser.GetAsync("/bff/session")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_silent_sign_in_beyond_the_limit_ends_at_the_silent_page()
    {
        await using var world = await World.StartAsync(("Bff:RateLimits:SignIn", "1"));
        var browser = world.NewBrowser();
        await browser.StepAsync("/bff/silent-login");
        (await browser.StepAsync("/bff/silent-login")).Location.ShouldBe(new Uri(Browser.SpaOrigin + "/silent?result=error&error=too_many_requests"));
        (await browser.StepAsync("/bff/silent-login?returnUrl=" + Uri.EscapeDataString(Browser.SpaOrigin + "/other"))).Location
            .ShouldBe(new Uri(Browser.SpaOrigin + "/other?result=error&error=too_many_requests"));
        (await browser.StepAsync("/bff/silent-login?returnUrl=https://evil.example", accept: "*/*")).ShouldBeProblem(429, "too_many_requests");
    }

    [Fact]
    public async Task Answers_of_the_provider_are_limited_too()
    {
        await using var world = await World.StartAsync(("Bff:RateLimits:Callback", "2"));
        var browser = world.NewBrowser();
        await browser.StepAsync("/bff/login");
        for (var i = 0; i < 2; i++) { (await browser.StepAsync("/signin-oidc?state=x&code=" + i)).Status.ShouldBe(HttpStatusCode.BadRequest); }
        (await browser.StepAsync("/signin-oidc?state=x&code=3", accept: "*/*")).ShouldBeProblem(429, "too_many_requests");
        var framed = browser.Bare(HttpMethod.Get, "/signin-oidc?state=x&code=4");
        framed.Headers.Add("Sec-Fetch-Dest", "iframe");
        (await browser.SendAsync(framed)).Location.ShouldBe(new Uri(Browser.SpaOrigin + "/silent?result=error&error=too_many_requests"));
    }

    [Fact]
    public async Task A_foreign_page_uses_up_neither_the_sign_ins_nor_the_callbacks_of_its_visitor()
    {
        await using var world = await World.StartAsync(("Bff:RateLimits:SignIn", "2"), ("Bff:RateLimits:Callback", "1"));
        var browser = world.NewBrowser();
        for (var i = 0; i < 10; i++)
        {
            foreach (var path in new[] { "/bff/login", "/bff/silent-login", "/signin-oidc", "/signin-oidc?state=x", "/signout-callback-oidc?state=x" })
            {
                var image = new HttpRequestMessage(HttpMethod.Get, new Uri(world.Bff.Address, path));
                image.Headers.Add("Sec-Fetch-Site", "cross-site");
                image.Headers.Add("Sec-Fetch-Dest", "image");
                await browser.SendAsync(image);
            }

            var ahead = new HttpRequestMessage(HttpMethod.Get, new Uri(world.Bff.Address, "/bff/login"));
            ahead.Headers.Add("Sec-Purpose", "prefetch;prerender");
            await browser.SendAsync(ahead);
        }

        await browser.OpenAsync("/bff/login?login_hint=alice");
        browser.Session.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("203.0.113.1", "203.0.113.2", true, 302)]
    [InlineData("2001:db8:1:1::1", "2001:db8:1:2::1", true, 302)]
    [InlineData("2001:db8:1:1::1", "2001:db8:1:1:ffff::1", true, 429)]
    [InlineData("203.0.113.1", "203.0.113.2", false, 429)]
    public async Task Clients_of_a_trusted_proxy_are_counted_apart(string first, string second, bool trusted, int status)
    {
        await using var world = await World.StartAsync([("Bff:RateLimits:SignIn", "1"), .. trusted ? World.BehindProxy() : []]);
        (await RawCall.GetAsync(world.Bff.Address, "/bff/login", "localhost", "X-Forwarded-For: " + first)).Status.ShouldBe(302);
        (await RawCall.GetAsync(world.Bff.Address, "/bff/login", "localhost", "X-Forwarded-For: " + second)).Status.ShouldBe(status);
    }

    [Fact]
    public async Task Zero_is_no_limit()
    {
        await using var world = await World.StartAsync(("Bff:RateLimits:Callback", "0"));
        var browser = world.NewBrowser();
        for (var i = 0; i < 700; i++) { (await browser.StepAsync("/signin-oidc?state=x")).Status.ShouldBe(HttpStatusCode.BadRequest); }
    }

    [Fact]
    public async Task Lines_about_refused_requests_have_the_address_and_an_end()
    {
        await using var world = await World.StartAsync();
        var browser = world.NewBrowser();
        for (var i = 0; i < 200; i++) { (await browser.SendAsync(browser.Bare(HttpMethod.Get, "/api/echo"))).Status.ShouldBe(HttpStatusCode.Forbidden); }
        Lines().ShouldBe(60);

        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await browser.SendAsync(browser.Bare(HttpMethod.Get, "/api/echo"));

        Lines().ShouldBe(61);
        world.Bff.Logs.Lines.ShouldContain(line => line.Contains(": 140 more requests were refused meanwhile", StringComparison.Ordinal));

        int Lines() => world.Bff.Logs.Lines.Count(line => line.Contains("from 127.0.0.1 was refused: csrf_header_missing.", StringComparison.Ordinal));
    }
}
