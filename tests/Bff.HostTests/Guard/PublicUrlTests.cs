using System.Net;

namespace Bff.HostTests.Guard;

[Trait("Standard", "HARD-5")]
public sealed class PublicUrlTests
{
    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:3001")]
    [InlineData("localhost.evil.example")]
    [InlineData("localhost.")]
    [InlineData("192.0.2.7")]
    [InlineData("")]
    public async Task Without_it_only_names_of_this_machine_are_answered(string host)
    {
        await using var world = await World.StartAsync();
        foreach (var path in new[] { "/bff/login", "/bff/session", "/plain/echo", "/signin-oidc?state=a" })
        {
            var answer = await RawCall.GetAsync(world.Bff.Address, path, host);
            answer.Status.ShouldBe(400, path);
            answer.Says("host_not_allowed").ShouldBeTrue(answer.Text);
            answer.Header("Cache-Control").ShouldBe("no-store");
            answer.Header("Set-Cookie").ShouldBeNull();
        }

        world.Api.Calls.ShouldBeEmpty();
        foreach (var name in new[] { "localhost", "LOCALHOST:3001", "127.0.0.1", "[::1]:3001", "app.localhost" })
        {
            (await RawCall.GetAsync(world.Bff.Address, "/bff/login", name)).Status.ShouldBe(302, name);
        }
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("app.example.")]
    [InlineData("app.example:8080")]
    [InlineData("sub.app.example")]
    [InlineData("")]
    public async Task With_it_no_other_name_is_answered(string host)
    {
        await using var world = await World.StartAsync(("Bff:PublicUrl", "https://app.example"));
        var answer = await RawCall.GetAsync(world.Bff.Address, "/bff/login", host);
        answer.Status.ShouldBe(400);
        answer.Says("host_not_allowed").ShouldBeTrue(answer.Text);
        world.Bff.Logs.Lines.ShouldContain(line => line.Contains(
            $"host_not_allowed: asked for '{host}', and Bff:PublicUrl is 'https://app.example'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("app.example")]
    [InlineData("APP.example:443")]
    [Trait("Standard", "BBA-22")]
    [Trait("Standard", "HARD-16")]
    public async Task It_decides_what_the_provider_and_the_browser_are_told(string host)
    {
        await using var world = await World.StartAsync(("Bff:PublicUrl", "https://app.example"));

        var login = await RawCall.GetAsync(world.Bff.Address, "/bff/login", host);

        login.Header("Location").ShouldNotBeNull().ShouldContain("redirect_uri=" + Uri.EscapeDataString("https://app.example/signin-oidc"));
        login.Header("Strict-Transport-Security").ShouldBe("max-age=31536000");
    }

    [Theory]
    [InlineData("https://app.example", 200)]
    [InlineData("http://app.example", 403)]
    [InlineData("https://app.example:8443", 403)]
    public async Task Our_own_origin_is_the_one_it_says(string origin, int status)
    {
        await using var world = await World.StartAsync(("Bff:PublicUrl", "https://app.example"));
        (await RawCall.GetAsync(world.Bff.Address, "/bff/session", "app.example", "X-CSRF: 1", "Origin: " + origin)).Status.ShouldBe(status);
    }

    [Theory]
    [InlineData("/app/bff/login")]
    [InlineData("/bff/login")]
    public async Task Its_path_may_be_taken_off_by_the_proxy_in_front_or_by_us(string path)
    {
        await using var world = await World.StartAsync(("Bff:PublicUrl", "https://www.example/app/"), ("Bff:Spa:Origins:0", null));

        var login = await RawCall.GetAsync(world.Bff.Address, path, "www.example");
        login.Header("Location").ShouldNotBeNull().ShouldContain("redirect_uri=" + Uri.EscapeDataString("https://www.example/app/signin-oidc"));

        var page = await RawCall.GetAsync(world.Bff.Address, "/app/signin-oidc?state=x", "www.example", "Accept: text/html");
        page.Status.ShouldBe(400);
        page.Text.ShouldContain("href=\"/app/bff/login\"");

        (await RawCall.GetAsync(world.Bff.Address, "/bff/silent-login?prompt=none", "www.example", "Sec-Fetch-Dest: iframe", "Sec-Fetch-Site: cross-site"))
            .Header("Location").ShouldBe("/app/silent?result=error&error=login_required");
        (await RawCall.GetAsync(world.Bff.Address, "/app/plain/echo", "www.example")).Status.ShouldBe(200);
        world.Api.LastCall.Path.ShouldBe("/plain/echo");
    }

    [Theory]
    [InlineData("app.example", 302)]
    [InlineData("evil.example", 400)]
    public async Task The_host_a_trusted_proxy_forwards_is_held_against_it(string forwarded, int status)
    {
        await using var world = await World.StartAsync(("Bff:PublicUrl", "https://app.example"), ("Bff:TrustedProxies:0", "127.0.0.0/8"));
        (await RawCall.GetAsync(world.Bff.Address, "/bff/login", "bff:3001", "X-Forwarded-For: 203.0.113.7",
            "X-Forwarded-Host: " + forwarded)).Status.ShouldBe(status);
    }

    [Theory]
    [InlineData("app.example.com", 78)]
    [InlineData("https://user@app.example.com", 78)]
    [InlineData("https://app.example.com?x=1", 78)]
    [InlineData("https://+:3001", 78)]
    [InlineData("https://app.example.com/bff", 78)]
    [InlineData("", 78)]
    [InlineData("https://app.example.com", null)]
    public async Task Who_can_be_reached_from_other_machines_must_be_told_it(string url, int? exitCode)
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["ASPNETCORE_URLS"] = "http://0.0.0.0:0";
        world.Settings["Bff:PublicUrl"] = url;
        if (exitCode is null)
        {
            await world.StartListeningAsync();
            (await RawCall.GetAsync(world.Bff.Address, "/bff/session", "app.example.com", "X-CSRF: 1")).Status.ShouldBe(200);
            return;
        }

        var process = world.Start();
        (await process.ExitCodeAsync()).ShouldBe(exitCode.Value);
        process.Errors.ShouldContain("- Bff:PublicUrl: ");
    }

    [Theory]
    [InlineData("Bff:TrustedProxies:0", "127.0.0.1/32", "Bff:TrustedProxies")]
    [InlineData("ASPNETCORE_URLS", "http://unix:/tmp/bff-test.sock", "unix:")]
    public async Task A_proxy_in_front_makes_it_required_whatever_is_listened_on(string key, string value, string reason)
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings[key] = value;
        var process = world.Start();
        (await process.ExitCodeAsync()).ShouldBe(78);
        process.Errors.ShouldContain("- Bff:PublicUrl: is required");
        process.Errors.ShouldContain(reason);
    }

    [Theory]
    [InlineData("http://app.example.com", "Production", false)]
    [InlineData("http://app.example.com", "Development", true)]
    [InlineData("http://localhost:3001", "Production", true)]
    [InlineData("http://127.0.0.1:3001", "Production", true)]
    [InlineData("http://[::1]", "Production", true)]
    public async Task It_is_https_where_browsers_would_not_store_the_cookie_otherwise(string url, string environment, bool accepted)
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["ASPNETCORE_ENVIRONMENT"] = environment;
        world.Settings["Bff:PublicUrl"] = url;
        if (accepted)
        {
            await world.StartListeningAsync();
            return;
        }

        var process = world.Start();
        (await process.ExitCodeAsync()).ShouldBe(78);
        process.Errors.ShouldContain("- Bff:PublicUrl: must be https");
    }

    [Fact]
    public async Task In_Development_everybody_may_be_listened_to_but_only_names_of_this_machine_are_answered()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["ASPNETCORE_URLS"] = "http://0.0.0.0:0";
        world.Settings["ASPNETCORE_ENVIRONMENT"] = "Development";
        await world.StartListeningAsync();
        (await RawCall.GetAsync(world.Bff.Address, "/bff/login", "localhost")).Status.ShouldBe(302);
        (await RawCall.GetAsync(world.Bff.Address, "/bff/login", "evil.example")).Status.ShouldBe(400);
    }

    [Fact]
    public async Task The_ops_port_and_its_probes_do_not_depend_on_it()
    {
        await using var world = await World.StartAsync(("Bff:PublicUrl", "https://app.example"), ("AllowedHosts", "app.example"));
        foreach (var host in new[] { "127.0.0.1", "localhost", "10.1.2.3" })
        {
            (await RawCall.GetAsync(world.Bff.OpsAddress, "/healthz", host)).Status.ShouldBe(200, host);
        }

        (await RawCall.GetAsync(world.Bff.Address, "/bff/login", "app.example")).Status.ShouldBe(302);
        world.Bff.Logs.Lines.ShouldContain(line => line.Contains("AllowedHosts has no effect here. Set Bff:PublicUrl instead.", StringComparison.Ordinal));
    }
}
