namespace Bff.HostTests.Guard;

public sealed class SecurityHeadersTests
{
    [Theory]
    [InlineData("/bff/session")]
    [InlineData("/bff/login")]
    [InlineData("/api/echo")]
    [InlineData("/plain/echo")]
    [InlineData("/nowhere")]
    [Trait("Standard", "ASVS-9")]
    [Trait("Standard", "ASVS-10")]
    [Trait("Standard", "ASVS-14")]
    public async Task Every_answer_forbids_sniffing_and_referrers_and_names_no_server(string path)
    {
        await using var world = await World.StartAsync();
        var answer = await world.NewBrowser().GetAsync(path);
        answer.Header("X-Content-Type-Options").ShouldBe("nosniff");
        answer.Header("Referrer-Policy").ShouldBe("no-referrer");
        answer.Header("Server").ShouldBeNull();
        answer.Header("X-Powered-By").ShouldBeNull();
    }

    [Theory]
    [InlineData("/bff/session")]
    [InlineData("/api/echo")]
    [Trait("Standard", "BBA-21")]
    [Trait("Standard", "ASVS-8")]
    [Trait("Standard", "ASVS-11")]
    public async Task Our_own_answers_are_not_stored_and_run_nothing(string path)
    {
        await using var world = await World.StartAsync();
        var answer = await world.NewBrowser().GetAsync(path);
        answer.Header("Cache-Control").ShouldBe("no-store");
        answer.Header("Content-Security-Policy").ShouldNotBeNull().ShouldContain("default-src 'none'");
        answer.Header("Content-Security-Policy").ShouldNotBeNull().ShouldContain("frame-ancestors 'none'");
    }

    [Theory]
    [InlineData("/signin-oidc?code=a&state=b")]
    [InlineData("/api/echo")]
    [InlineData("/bff/login?returnUrl=//evil.example")]
    [Trait("Standard", "BBA-21")]
    [Trait("Standard", "ASVS-11")]
    public async Task Our_pages_for_people_run_nothing_and_cannot_be_framed(string path)
    {
        await using var world = await World.StartAsync();
        var answer = await world.NewBrowser().StepAsync(path);
        answer.Header("Content-Type").ShouldNotBeNull().ShouldStartWith("text/html");
        answer.Header("Content-Security-Policy").ShouldNotBeNull().ShouldContain("frame-ancestors 'none'");
        answer.Header("Cache-Control").ShouldNotBeNull().ShouldContain("no-store");
    }

    [Theory]
    [InlineData("/bff/session", "same-origin")]
    [InlineData("/bff/login", "same-origin")]
    [InlineData("/bff/logout", "same-origin")]
    [InlineData("/bff/nothing", "same-origin")]
    [InlineData("/bff/silent-login", "same-site")]
    [InlineData("/signin-oidc?state=x", "same-site")]
    [InlineData("/plain/echo", null)]
    public async Task No_page_of_another_site_can_embed_our_own_answers(string path, string? policy)
    {
        await using var world = await World.StartAsync();
        (await world.NewBrowser().GetAsync(path)).Header("Cross-Origin-Resource-Policy").ShouldBe(policy);
    }

    [Fact]
    [Trait("Standard", "ASVS-7")]
    public async Task Browsers_are_told_to_insist_on_https_for_as_long_as_the_operator_says()
    {
        await using var world = await World.StartAsync(
            ("Bff:PublicUrl", "https://app.example"), ("Bff:Hsts:MaxAge", "730.00:00:00"), ("Bff:Hsts:IncludeSubDomains", "true"));
        (await RawCall.GetAsync(world.Bff.Address, "/bff/login", "app.example")).Header("Strict-Transport-Security")
            .ShouldBe("max-age=63072000; includeSubDomains");
    }

    [Fact]
    public async Task Bytes_beyond_ASCII_in_a_foreign_cookie_or_header_lock_nobody_out()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var cookies = alice.Cookies.HeaderFor("localhost");
        foreach (var odd in new[] { "gr\u00fc\u00df=\u00e4", "name=\u00c3\u00bc\u00e2\u0082\u00ac", "a=\u0080\u00ff" })
        {
            var answer = await RawCall.GetAsync(
                world.Bff.Address, "/bff/user", "localhost", "X-CSRF: 1", $"Cookie: {odd}; {cookies}", "X-Name: J\u00f6rg", "Accept: \u00e9");
            answer.Status.ShouldBe(200, answer.Text);
        }
    }

    [Fact]
    [Trait("Standard", "BBA-21")]
    public async Task What_an_upstream_says_about_its_page_stays()
    {
        await using var world = await World.StartAsync();
        world.Api.Answers = context =>
        {
            context.Response.Headers.ContentSecurityPolicy = "default-src 'self'";
            context.Response.Headers.CacheControl = "max-age=60";
        };
        var alice = await world.LogInAsync();
        foreach (var (path, caching) in new[] { ("/api/page", "max-age=60, private"), ("/plain/page", "max-age=60") })
        {
            var answer = await alice.GetAsync(path);
            answer.Header("Content-Security-Policy").ShouldBe("default-src 'self'");
            answer.Header("Cache-Control").ShouldBe(caching);
        }
    }
}
