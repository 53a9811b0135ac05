namespace Bff.HostTests.FrontEnds;

/// <summary>Whose request it is, and which address the provider and the browser are told then.</summary>
[Trait("Standard", "HARD-5")]
public sealed class AddressTests
{
    private const string Partners = "partners.example";

    private static Task<(World World, PretendProvider Staff)> StartAsync(string publicUrl = "https://www.example") => TwoProviders.StartAsync(
        ("Bff:PublicUrl", publicUrl), ("Bff:TrustedProxies:0", "127.0.0.0/8"),
        ("Bff:FrontEnds:deep:PathBase", "/admin/deep"), ("Bff:FrontEnds:deep:Cookie:Name", "__Host-deep"),
        ("Bff:FrontEnds:partners:Hosts:0", Partners + ":443"),
        ("Bff:FrontEnds:partner-admin:Hosts:0", Partners), ("Bff:FrontEnds:partner-admin:PathBase", "/admin"));

    [Theory]
    [InlineData("/bff/login", "www.example", null, "www.example/signin-oidc")]
    [InlineData("/admin/bff/login", "www.example", null, "www.example/admin/signin-oidc/staff")]
    [InlineData("/ADMIN/bff/login", "WWW.example:443", null, "www.example/admin/signin-oidc/staff")]
    [InlineData("/admin/deep/bff/login", "www.example", null, "www.example/admin/deep/signin-oidc")]
    [InlineData("/bff/login", "partners.example", null, "partners.example/signin-oidc")]
    [InlineData("/bff/login", "PARTNERS.example:443", null, "partners.example/signin-oidc")]
    [InlineData("/admin/bff/login", "partners.example", null, "partners.example/admin/signin-oidc")]
    [InlineData("/bff/login", "www.example", "/admin", "www.example/admin/signin-oidc/staff")]
    [InlineData("/bff/login", "www.example", "/admin/", "www.example/admin/signin-oidc/staff")]
    [InlineData("/admin/bff/login", "www.example", "/admin", "www.example/admin/signin-oidc/staff")]
    [InlineData("/bff/login", "www.example", "/admin/deep", "www.example/admin/deep/signin-oidc")]
    [InlineData("/bff/login", "partners.example", "/admin", "partners.example/admin/signin-oidc")]
    public async Task The_address_says_whose_request_it_is(string path, string host, string? prefix, string redirectUri)
    {
        var (world, _) = await StartAsync();
        await using var open = world;
        var login = await RawCall.GetAsync(world.Bff.Address, path, host, Prefixed(prefix));
        login.Status.ShouldBe(302, login.Text);
        login.Header("Location").ShouldNotBeNull().ShouldContain("redirect_uri=" + Uri.EscapeDataString("https://" + redirectUri) + "&");
    }

    [Theory]
    [InlineData("//evil.example")]
    [InlineData("/admin/../bff")]
    [InlineData("/a\\b")]
    [InlineData("\\\\evil.example")]
    [InlineData("/admin?x=1")]
    [InlineData("/admin#x")]
    [InlineData("https://evil.example/")]
    [InlineData("evil")]
    [InlineData("/%2e%2e")]
    [InlineData("/")]
    [InlineData("/nobody")]
    [InlineData("/adminx")]
    public async Task A_prefix_that_is_no_front_ends_changes_nothing(string prefix)
    {
        var (world, _) = await StartAsync();
        await using var open = world;
        foreach (var (path, expected) in new[] { ("/bff/login", "/signin-oidc"), ("/admin/bff/login", "/admin/signin-oidc/staff") })
        {
            if (path.StartsWith("/admin", StringComparison.Ordinal) && prefix is "/nobody" or "/adminx") { continue; }
            var login = await RawCall.GetAsync(world.Bff.Address, path, "www.example", Prefixed(prefix));
            login.Status.ShouldBe(302, login.Text);
            login.Header("Location").ShouldNotBeNull().ShouldContain("redirect_uri=" + Uri.EscapeDataString("https://www.example" + expected) + "&");
        }
    }

    [Theory]
    [InlineData("/signin-oidc", "Start again at /bff/login.")]
    [InlineData("/admin/signin-oidc/staff", "Start again at /admin/bff/login.")]
    public async Task An_error_says_what_to_do_at_the_front_ends_own_address(string path, string detail)
    {
        var (world, _) = await StartAsync();
        await using var open = world;
        var refusal = await RawCall.GetAsync(world.Bff.Address, path + "?code=a&state=b", "www.example");
        refusal.Status.ShouldBe(400, refusal.Text);
        refusal.Text.ShouldContain($"\"{detail}\"");
    }

    [Fact]
    public async Task A_very_long_prefix_and_several_do_no_harm()
    {
        var (world, _) = await StartAsync();
        await using var open = world;
        var longer = await RawCall.GetAsync(world.Bff.Address, "/bff/login", "www.example", Prefixed("/" + new string('a', 8000)));
        longer.Header("Location").ShouldNotBeNull().ShouldContain(Uri.EscapeDataString("https://www.example/signin-oidc"));
        var several = await RawCall.GetAsync(world.Bff.Address, "/bff/login", "www.example", [.. Prefixed("/admin"), "X-Forwarded-Prefix: /nobody"]);
        several.Status.ShouldBe(302, several.Text);
        several.Header("Location").ShouldNotBeNull().ShouldNotContain(Uri.EscapeDataString("/nobody"));
    }

    [Fact]
    public async Task A_prefix_from_anybody_else_counts_for_nothing()
    {
        var (world, _) = await TwoProviders.StartAsync(("Bff:PublicUrl", "https://www.example"), ("Bff:TrustedProxies:0", "10.0.0.0/8"));
        await using var open = world;
        var login = await RawCall.GetAsync(world.Bff.Address, "/bff/login", "www.example", Prefixed("/admin"));
        login.Header("Location").ShouldNotBeNull().ShouldContain(Uri.EscapeDataString("https://www.example/signin-oidc"));
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("partners.example.")]
    [InlineData("partners.example:8443")]
    [InlineData("x.partners.example")]
    [InlineData("localhost")]
    [InlineData("")]
    public async Task Another_host_is_nobodys(string host)
    {
        var (world, _) = await StartAsync();
        await using var open = world;
        foreach (var path in new[] { "/bff/login", "/admin/bff/login", "/plain/echo" })
        {
            var answer = await RawCall.GetAsync(world.Bff.Address, path, host);
            answer.Status.ShouldBe(400);
            answer.Says("host_not_allowed").ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData("/app/admin/bff/login", null)]
    [InlineData("/admin/bff/login", null)]
    [InlineData("/bff/login", "/app/admin")]
    [InlineData("/admin/bff/login", "/app")]
    public async Task The_path_of_the_public_address_comes_before_a_front_ends(string path, string? prefix)
    {
        var (world, _) = await StartAsync("https://www.example/app");
        await using var open = world;
        var login = await RawCall.GetAsync(world.Bff.Address, path, "www.example", Prefixed(prefix));
        login.Status.ShouldBe(302, login.Text);
        login.Header("Location").ShouldNotBeNull().ShouldContain(Uri.EscapeDataString("https://www.example/app/admin/signin-oidc/staff") + "&");
    }

    [Theory]
    [InlineData("/adminx/bff/login")]
    [InlineData("/admin%2Fbff/login")]
    [InlineData("/admin//bff/login")]
    [InlineData("//admin/bff/login")]
    [InlineData("/admin;x/bff/login")]
    [InlineData("/admin\\bff/login")]
    [InlineData("/admin")]
    [InlineData("/admin/")]
    [InlineData("/admin/signin-oidc/default")]
    [InlineData("/admin/bff/unknown")]
    public async Task An_odd_path_signs_nobody_in_and_reaches_no_route(string path)
    {
        var (world, _) = await StartAsync();
        await using var open = world;
        var answer = await RawCall.GetAsync(world.Bff.Address, path, "www.example");
        answer.Status.ShouldBeOneOf(400, 404);
        world.Api.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_script_and_other_methods_are_below_the_path_too()
    {
        var (world, _) = await StartAsync();
        await using var open = world;
        (await RawCall.GetAsync(world.Bff.Address, "/admin/bff/bff.js", "www.example")).Status.ShouldBeOneOf(200, 404);
        (await RawCall.SendAsync(world.Bff.Address, "HEAD /admin/plain/echo HTTP/1.1\r\nHost: www.example\r\nConnection: close")).Status.ShouldBe(200);
        (await RawCall.SendAsync(world.Bff.Address, "POST /admin/bff/login HTTP/1.1\r\nHost: www.example\r\nContent-Length: 0\r\nConnection: close"))
            .Status.ShouldBe(405);
        world.Api.LastCall.Path.ShouldBe("/plain/echo");
        world.Api.LastCall.Header("X-Forwarded-Prefix").ShouldBe("/admin");
    }

    [Theory]
    [InlineData("/bff/login?returnUrl=https://evil.example/", "Bff:Spa:Origins")]
    [InlineData("/admin/bff/login?returnUrl=https://evil.example/", "Bff:FrontEnds:admin:Origins")]
    [InlineData("/admin/bff/silent-login?returnUrl=https://evil.example/", "Bff:FrontEnds:admin:Origins")]
    [InlineData("/admin/bff/logout?returnUrl=https://evil.example/", "Bff:FrontEnds:admin:Origins")]
    [InlineData("/bff/login", "Bff:Spa:Origins", "Sec-Fetch-Dest: iframe")]
    [InlineData("/admin/bff/login", "Bff:FrontEnds:admin:Origins", "Sec-Fetch-Dest: iframe")]
    public async Task What_is_refused_says_which_front_ends_setting_would_allow_it(string path, string setting, params string[] headers)
    {
        var (world, _) = await StartAsync();
        await using var open = world;
        var answer = await RawCall.GetAsync(world.Bff.Address, path, "www.example", headers);
        answer.Status.ShouldBe(headers.Length > 0 ? 403 : 400);
        answer.Text.ShouldContain(setting);
    }

    [Fact]
    public async Task The_own_origin_of_a_front_ends_host_may_call_it()
    {
        var (world, _) = await StartAsync();
        await using var open = world;
        foreach (var (origin, status) in new[] { ("https://partners.example", 200), ("https://www.example", 403), ("http://partners.example", 403) })
        {
            (await RawCall.GetAsync(world.Bff.Address, "/bff/session", Partners, "X-CSRF: 1", "Origin: " + origin)).Status.ShouldBe(status, origin);
        }
    }

    private static string[] Prefixed(string? prefix) => prefix is null ? [] : ["X-Forwarded-For: 203.0.113.9", "X-Forwarded-Prefix: " + prefix];
}
