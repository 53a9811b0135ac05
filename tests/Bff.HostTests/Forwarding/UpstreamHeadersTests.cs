namespace Bff.HostTests.Forwarding;

[Trait("Standard", "SEC-8")]
public sealed class UpstreamHeadersTests
{
    private static readonly string[] Identity =
    [
        "Authorization", "Proxy-Authorization", "X-Forwarded-User", "X_Forwarded_User", "X-Forwarded-Email", "x-forwarded_access-token", "Remote-User",
        "REMOTE_USER",
        "X-Remote-User", "X-Remote-Group", "X-Auth-Request-Email", "X_AUTH_REQUEST_USER", "X-User-Id", "X-MS-CLIENT-PRINCIPAL", "X-MS-TOKEN-AAD-ACCESS-TOKEN",
        "X-Goog-Authenticated-User-Email", "X-Amzn-Oidc-Data", "Impersonate-User", "X-Client-Cert", "SSL_CLIENT_VERIFY", "X-Access-Token", "X-Id-Token",
    ];

    [Theory]
    [InlineData("/api/echo", true)]
    [InlineData("/open/echo", false)]
    [InlineData("/plain/echo", false)]
    public async Task What_a_browser_says_about_identity_never_goes_upstream(string path, bool signedIn)
    {
        await using var world = await World.StartAsync();
        var browser = signedIn ? await world.LogInAsync() : world.NewBrowser();
        var request = browser.Script(HttpMethod.Get, path);
        foreach (var name in Identity) { request.Headers.TryAddWithoutValidation(name, "Bearer forged").ShouldBeTrue(name); }
        request.Headers.Add("X-Harmless", "stays");

        await browser.SendAsync(request);

        var call = world.Api.LastCall;
        call.Headers.Values.ShouldNotContain(value => value.Contains("forged", StringComparison.Ordinal));
        call.Header("X-Harmless").ShouldBe("stays");
        call.Token.ShouldBe(signedIn ? world.Provider.Grant.AccessToken!.Value : null);
    }

    [Fact]
    [Trait("Standard", "BBA-20")]
    public async Task The_api_learns_the_callers_address_and_only_that()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var request = alice.Script(HttpMethod.Get, "/api/echo");
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        request.Headers.Add("X-Forwarded-Host", "evil.example");
        request.Headers.Add("X-Forwarded-Proto", "gopher");

        await alice.SendAsync(request);

        world.Api.LastCall.Header("X-Forwarded-For").ShouldBe("127.0.0.1");
        world.Api.LastCall.Header("X-Forwarded-Host").ShouldBe(world.Bff.Address.Authority);
        world.Api.LastCall.Header("X-Forwarded-Proto").ShouldBe("http");
    }

    [Theory]
    [InlineData("Forwarded", "for=203.0.113.7;host=evil.example")]
    [InlineData("X-Real-IP", "203.0.113.7")]
    [InlineData("X_Forwarded_For", "203.0.113.7")]
    [InlineData("X-Forwarded-Prefix", "/evil")]
    [InlineData("X-Original-URL", "/admin")]
    [InlineData("X-Rewrite-URL", "/admin")]
    [InlineData("True-Client-IP", "203.0.113.7")]
    public async Task What_a_browser_says_about_where_it_comes_from_and_goes_never_goes_upstream(string name, string value)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var request = alice.Script(HttpMethod.Get, "/api/echo");
        request.Headers.TryAddWithoutValidation(name, value);

        await alice.SendAsync(request);

        world.Api.LastCall.Headers.Values.ShouldNotContain(value);
    }

    [Fact]
    [Trait("Standard", "BBA-20")]
    public async Task The_address_a_trusted_proxy_reports_is_passed_on()
    {
        await using var world = await World.StartAsync(World.BehindProxy());
        var alice = await world.LogInAsync();
        var request = alice.Script(HttpMethod.Get, "/api/echo");
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");

        await alice.SendAsync(request);

        world.Api.LastCall.Header("X-Forwarded-For").ShouldBe("203.0.113.7");
    }
}
