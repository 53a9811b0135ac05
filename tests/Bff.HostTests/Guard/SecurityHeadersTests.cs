namespace Bff.HostTests.Guard;

[Trait("Standard", "ASVS-headers")]
public sealed class SecurityHeadersTests
{
    [Theory]
    [InlineData("/bff/session")]
    [InlineData("/bff/login")]
    [InlineData("/api/echo")]
    [InlineData("/plain/echo")]
    [InlineData("/nowhere")]
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
    public async Task Our_pages_for_people_run_nothing_and_cannot_be_framed(string path)
    {
        await using var world = await World.StartAsync();
        var answer = await world.NewBrowser().StepAsync(path);
        answer.Header("Content-Type").ShouldNotBeNull().ShouldStartWith("text/html");
        answer.Header("Content-Security-Policy").ShouldNotBeNull().ShouldContain("frame-ancestors 'none'");
        answer.Header("Cache-Control").ShouldNotBeNull().ShouldContain("no-store");
    }

    [Fact]
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
