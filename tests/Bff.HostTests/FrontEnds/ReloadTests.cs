using System.Net;

namespace Bff.HostTests.FrontEnds;

/// <summary>Front ends come, change and go under the running process.</summary>
public sealed class ReloadTests
{
    private const string Reloaded = "The configuration was reloaded.";

    [Fact]
    public async Task A_front_end_that_comes_with_a_route_of_its_own_is_there_at_once()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var file = new SettingsFile(world);
        await world.StartListeningAsync();
        using var bob = world.NewBrowser();
        (await bob.GetAsync("/shop/new/echo")).ShouldBeProblem(404, "not_found");

        file.Edit(
            ("Bff:FrontEnds:shop:PathBase", "/shop"), ("Bff:FrontEnds:shop:Origins:0", Browser.SpaOrigin), ("Bff:FrontEnds:shop:Cookie:Name", "__Host-shop"),
            ("ReverseProxy:Routes:new:ClusterId", "api"), ("ReverseProxy:Routes:new:Match:Path", "/new/{**rest}"),
            ("ReverseProxy:Routes:new:Metadata:Bff.Token", "User"), ("ReverseProxy:Routes:new:Metadata:Bff.FrontEnd", "shop"));
        await SaysAsync(world, Reloaded);

        await bob.OpenAsync("/shop/bff/login?login_hint=bob");
        bob.Cookies.Value("__Host-shop").ShouldNotBeNull();
        await Eventually.HappensAsync(async () => (await bob.GetAsync("/shop/new/echo")).Body == "bob", "its route is there");
        (await bob.GetAsync("/new/echo")).ShouldBeProblem(404, "not_found");
    }

    [Fact]
    public async Task One_that_goes_takes_its_sessions_streams_and_open_calls_with_it()
    {
        await using var world = await RealTimeWorld.StartAsync();
        foreach (var (key, value) in Shop) { world.Settings[key] = value; }
        var file = new SettingsFile(world);
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();
        using var bob = world.NewBrowser();
        await bob.OpenAsync("/shop/bff/login?login_hint=bob");
        (await bob.GetAsync("/shop/api/echo")).Body.ShouldBe("bob");
        await using var hers = await OpenCall.StreamAsync(alice, "/api/stream");
        await using var stream = await OpenCall.StreamAsync(bob, "/shop/api/stream");
        await using var socket = await OpenCall.WebSocketAsync(bob, world.Bff.Address, "/shop/api/socket");
        var request = bob.Bare(HttpMethod.Get, "/shop/bff/events");
        request.Headers.Add("Origin", Browser.SpaOrigin);
        using var events = await bob.BeginAsync(request);
        using var news = new StreamReader(await events.Content.ReadAsStreamAsync());

        file.Edit([.. Shop.Select(setting => (setting.Key, (string?)null))]);
        await SaysAsync(world, Reloaded);

        await stream.EndsAsync();
        await socket.EndsAsync();
        (await news.ReadToEndAsync().WaitAsync(Eventually.Deadline)).ShouldContain("event: ended");
        hers.IsOpen.ShouldBeTrue();
        foreach (var path in new[] { "/shop/api/echo", "/shop/bff/session", "/shop/bff/events", "/shop/bff/login", "/shop/signin-oidc?state=x" })
        {
            (await bob.GetAsync(path)).Status.ShouldBe(HttpStatusCode.NotFound, path);
        }

        await bob.GetAsync("/plain/echo");
        (world.Api.LastCall.Header("Cookie") ?? "").ShouldNotContain("bff.shop");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");

        file.Edit([.. Shop]);
        await Eventually.HappensAsync(async () => (await bob.GetAsync("/shop/api/echo")).Body == "bob", "it is back, and so is its session");
    }

    [Fact]
    public async Task One_that_changes_counts_at_once_and_mistakes_change_nothing()
    {
        await using var world = await RealTimeWorld.StartAsync();
        foreach (var (key, value) in Shop) { world.Settings[key] = value; }
        var file = new SettingsFile(world);
        await world.StartListeningAsync();
        using var bob = world.NewBrowser();
        await bob.OpenAsync("/shop/bff/login?login_hint=bob");

        file.Edit(("Bff:FrontEnds:shop:PathBase", "/bff/shop"));
        await SaysAsync(world, "Bff:FrontEnds:shop:PathBase: must not be /bff/shop");
        (await bob.GetAsync("/shop/api/echo")).Body.ShouldBe("bob");
        file.Edit(("Bff:FrontEnds:shop:PathBase", "/shop"), ("Bff:FrontEnds:shop:Origins:0", "https://shop.example"));
        await SaysAsync(world, Reloaded);
        (await bob.GetAsync("/shop/api/echo")).ShouldBeProblem(403, "origin_not_allowed");
    }

    [Fact]
    public async Task What_would_be_at_anothers_address_or_with_a_cookie_that_browsers_refuse_does_not_come()
    {
        await using var world = await RealTimeWorld.StartAsync();
        foreach (var (key, value) in Shop) { world.Settings[key] = value; }
        (world.Settings["Bff:PublicUrl"], world.Settings["Bff:Sessions:InsecureCookie"]) = ("http://localhost:7000/app", "true");
        world.Settings["ASPNETCORE_ENVIRONMENT"] = "Development";
        var file = new SettingsFile(world);
        await world.StartListeningAsync();

        file.Edit(
            ("Bff:FrontEnds:twin:Hosts:0", "localhost"), ("Bff:FrontEnds:twin:PathBase", "/app/shop"), ("Bff:FrontEnds:framed:PathBase", "/framed"),
            ("Bff:FrontEnds:framed:Cookie:SameSite", "None"));

        await SaysAsync(world, "Bff:FrontEnds:twin: has an address of shop");
        await SaysAsync(world, "Bff:FrontEnds:framed:Cookie:SameSite: 'None' needs a Secure cookie, and Bff:Sessions:InsecureCookie is on.");
        (await RawCall.GetAsync(world.Bff.Address, "/app/framed/bff/login", "localhost:7000")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task A_provider_that_comes_waits_for_a_restart()
    {
        await using var world = await RealTimeWorld.StartAsync();
        await using var staff = await PretendProvider.StartAsync(TimeProvider.System, "admin", "the-secret-of-admin");
        var file = new SettingsFile(world);
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();

        var provider = TwoProviders.Settings(staff).Where(setting => setting.Key.StartsWith("Bff:Providers:", StringComparison.Ordinal)).ToArray();
        file.Edit(provider);
        await SaysAsync(world, "A restart is needed for changes to: Bff:Providers:staff:Authority");
        world.Bff.Output.ShouldNotContain("the-secret-of-admin");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        (await alice.GetAsync("/bff/login?provider=staff")).ShouldBeProblem(400, "unknown_provider");

        file.Edit(("Bff:Spa:Provider", "default staff"));
        await SaysAsync(world, "Bff:Spa:Provider: there is no provider 'staff'");
        (await alice.GetAsync("/bff/login?provider=staff")).ShouldBeProblem(400, "unknown_provider");
    }

    [Fact]
    public async Task A_host_that_comes_is_known_from_a_proxys_word_too()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:TrustedProxies:0"] = "127.0.0.0/8";
        world.Settings["Bff:PublicUrl"] = "https://www.example";
        var file = new SettingsFile(world);
        await world.StartListeningAsync();

        file.Edit(("Bff:FrontEnds:shop:Hosts:0", "shop.example"));
        await SaysAsync(world, Reloaded);

        var login = await RawCall.GetAsync(
            world.Bff.Address, "/bff/login", "www.example", "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Host: shop.example");
        login.Header("Location").ShouldNotBeNull().ShouldContain(Uri.EscapeDataString("https://shop.example/signin-oidc"));
    }

    private static readonly (string Key, string? Value)[] Shop =
        [("Bff:FrontEnds:shop:PathBase", "/shop"), ("Bff:FrontEnds:shop:Origins:0", Browser.SpaOrigin), ("Bff:FrontEnds:shop:IdleTimeout", "1h")];

    private static Task SaysAsync(RealTimeWorld world, string line) =>
        Eventually.HappensAsync(() => world.Bff.Output.Contains(line, StringComparison.Ordinal), line);
}
