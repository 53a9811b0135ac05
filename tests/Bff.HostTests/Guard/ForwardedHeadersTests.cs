using System.Net;

namespace Bff.HostTests.Guard;

[Trait("Standard", "SEC-8")]
public sealed class ForwardedHeadersTests
{
    [Fact]
    public async Task Behind_a_trusted_proxy_its_word_on_the_host_that_was_asked_for_counts()
    {
        await using var world = await World.StartAsync(("Bff:TrustedProxies:0", "127.0.0.0/8"), ("Bff:PublicUrl", "https://app.example"));
        var login = await BehindProxyAsync(world);
        login.Location!.Query.ShouldContain("redirect_uri=" + Uri.EscapeDataString("https://app.example/signin-oidc"));
        login.Header("Strict-Transport-Security").ShouldNotBeNull();
        world.Bff.Logs.Lines.ShouldAllBe(line => !line.Contains("is not among Bff:TrustedProxies", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_the_framework_notes_of_a_trusted_proxys_word_is_no_header_that_anybody_sent()
    {
        await using var world = await World.StartAsync(
            ("Bff:TrustedProxies:0", "127.0.0.0/8"), ("Bff:PublicUrl", "https://app.example"), ("Logging:Capture:LogLevel:Bff.Forwarding", "Debug"));
        (await BehindProxyAsync(world, "/plain/echo")).Status.ShouldBe(HttpStatusCode.OK);
        world.Bff.Logs.Lines.ShouldAllBe(line => !line.Contains("X-Original-", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("10.0.0.0/8")]
    public async Task Nobody_elses_word_counts(string? trusted)
    {
        await using var world = await World.StartAsync(trusted is null ? [] : World.BehindProxy(trusted));
        var login = await BehindProxyAsync(world);
        await BehindProxyAsync(world);
        world.Bff.Logs.Lines.Count(
            line => line.Contains("127.0.0.1 sends X-Forwarded-For and is not among Bff:TrustedProxies", StringComparison.Ordinal)).ShouldBe(1);
        login.Location!.Query.ShouldContain("redirect_uri=" + Uri.EscapeDataString(new Uri(world.Bff.Address, "/signin-oidc").AbsoluteUri));
        login.Header("Strict-Transport-Security").ShouldBeNull();
    }

    [Theory]
    [InlineData("X-Forwarded-Proto", "https", null, 1)]
    [InlineData("X-Forwarded-Host", "app.example", null, 1)]
    [InlineData("X-Forwarded-Prefix", "/admin", null, 1)]
    [InlineData("X-Forwarded-Prefix", "/admin", "127.0.0.0/8", 0)]
    [InlineData("X-Forwarded-Host", "another.example", "127.0.0.0/8", 0)]   // a trusted proxy's, for a host that is not ours
    public async Task Whichever_of_the_headers_nobody_heeds_is_named_once(string header, string value, string? trusted, int lines)
    {
        await using var world = await World.StartAsync(trusted is null ? [] : World.BehindProxy(trusted));
        using var browser = world.NewBrowser();
        for (var i = 0; i < 2; i++)
        {
            var request = browser.Bare(HttpMethod.Get, "/bff/login");
            request.Headers.Add(header, value);
            await browser.SendAsync(request);
        }

        world.Bff.Logs.Lines.Count(
            line => line.Contains($"127.0.0.1 sends {header} and is not among Bff:TrustedProxies", StringComparison.Ordinal)).ShouldBe(lines);
    }

    private static Task<Answer> BehindProxyAsync(World world, string path = "/bff/login")
    {
        var browser = world.NewBrowser();
        var request = browser.Bare(HttpMethod.Get, path);
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Host", "app.example");
        return browser.SendAsync(request);
    }
}
