using System.Net;
using System.Text.Json;

namespace Bff.HostTests.Configuration;

/// <summary>Edits of the configuration under the running process.</summary>
public sealed class ReloadTests
{
    private const string Reloaded = "The configuration was reloaded.";
    private const string NotUsed = "The changed configuration has mistakes and is not used";

    [Fact]
    public async Task A_new_route_and_a_new_origin_count_without_a_restart()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var file = new SettingsFile(world);
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();
        (await alice.GetAsync("/new/thing")).Status.ShouldBe(HttpStatusCode.NotFound);

        file.Edit(
            ("ReverseProxy:Routes:new:ClusterId", "api"), ("ReverseProxy:Routes:new:Match:Path", "/new/{**rest}"),
            ("ReverseProxy:Routes:new:Metadata:Bff.Token", "User"),
            ("Bff:Spa:Origins:0", "https://app.example"));
        await SaysAsync(world, Reloaded);

        var request = alice.Bare(HttpMethod.Get, "/new/thing");
        request.Headers.Add("X-CSRF", "1");
        request.Headers.Add("Origin", "https://app.example");
        var answer = await alice.SendAsync(request);
        answer.Body.ShouldBe("alice");
        answer.Header("Access-Control-Allow-Origin").ShouldBe("https://app.example");
        (await alice.GetAsync("/new/thing")).ShouldBeProblem(403, "origin_not_allowed");
        (await alice.StepAsync("/bff/login?returnUrl=https://app.example/page")).Status.ShouldBe(HttpStatusCode.Found);
        world.Bff.Output.ShouldContain("ReverseProxy:Routes:new:Match:Path");
    }

    [Fact]
    public async Task A_header_that_is_exposed_from_now_on_counts_without_a_restart()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var file = new SettingsFile(world);
        await world.StartListeningAsync();

        file.Edit(("Bff:Spa:ExposedHeaders:0", "X-Of-Ours"));
        await SaysAsync(world, Reloaded);

        using var browser = world.NewBrowser();
        var request = browser.Bare(HttpMethod.Get, "/bff/session");
        request.Headers.Add("X-CSRF", "1");
        request.Headers.Add("Origin", Browser.SpaOrigin);
        (await browser.SendAsync(request)).Header("Access-Control-Expose-Headers").ShouldBe("X-Of-Ours,Bff-Step-Up");
    }

    [Fact]
    public async Task An_endpoint_that_is_added_waits_for_a_restart()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings.Remove("ASPNETCORE_URLS");
        world.Settings["Kestrel:Endpoints:Main:Url"] = "http://127.0.0.1:0";
        var file = new SettingsFile(world);
        await world.StartListeningAsync();

        file.Edit(("Kestrel:Endpoints:More:Url", "http://127.0.0.1:0"));

        await SaysAsync(world, "A restart is needed for changes to: Kestrel:Endpoints:More:Url.");
    }

    [Fact]
    public async Task A_half_bad_edit_changes_nothing_and_every_mistake_is_named()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var file = new SettingsFile(world);
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();

        file.Edit(
            ("Bff:Spa:Origins:0", "https://app.example"), ("ReverseProxy:Routes:plain:Metadata:Bff.Token", "User"),
            ("ReverseProxy:Routes:api:Metadata:Bff.Token", "Usr"), ("Bff:Renewal:Lead", "soon"), ("Bff:Renewal:Leed", "00:01:00"));
        await SaysAsync(world, NotUsed);

        var line = world.Bff.Output.Split('\n').Single(line => line.Contains(NotUsed));
        foreach (var key in new[] { "ReverseProxy:Routes:api:Metadata:Bff.Token: ", "Bff:Renewal:Lead: ", "Bff:Renewal:Leed: " }) { line.ShouldContain(key); }
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        (await alice.GetAsync("/plain/echo")).Body.ShouldBe("nobody");
        var ready = await ReadyAsync(world);
        ready.Status.ShouldBe(HttpStatusCode.OK);
        ready.Configuration.ShouldBe("Degraded");

        file.Edit(
            ("ReverseProxy:Routes:api:Metadata:Bff.Token", "User"),
            ("Bff:Renewal:Lead", null),
            ("Bff:Renewal:Leed", null),
            ("Bff:Spa:Origins:0", Browser.SpaOrigin));
        await SaysAsync(world, Reloaded);
        (await alice.GetAsync("/plain/echo")).Body.ShouldBe("alice");
        (await ReadyAsync(world)).Configuration.ShouldBe("Healthy");
    }

    [Fact]
    public async Task A_file_that_is_no_JSON_is_named_and_the_last_good_configuration_stays()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings.Remove("ASPNETCORE_URLS");
        world.Settings["Kestrel:Endpoints:Main:Url"] = "http://127.0.0.1:0";
        var file = new SettingsFile(world);
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();

        file.Garble();
        await SaysAsync(world, "appsettings.json: cannot be read");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");

        file.Edit();
        await SaysAsync(world, "free of mistakes again");
    }

    [Fact]
    public async Task What_a_route_asks_of_its_callers_counts_for_the_next_call()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var file = new SettingsFile(world);
        await world.StartListeningAsync();
        using var nobody = world.NewBrowser();
        using var alice = await world.LogInAsync();
        (await nobody.GetAsync("/plain/echo")).Body.ShouldBe("nobody");

        file.Edit(
            ("ReverseProxy:Routes:plain:AuthorizationPolicy", "default"),
            ("ReverseProxy:Routes:api:Metadata:Bff.Token", null),
            ("ReverseProxy:Routes:api:AuthorizationPolicy", null));
        await SaysAsync(world, Reloaded);

        (await nobody.GetAsync("/plain/echo")).ShouldBeProblem(401, "session_required");
        (await alice.SendAsync(alice.Bare(HttpMethod.Get, "/plain/echo"))).ShouldBeProblem(403, "csrf_header_missing");
        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.Unauthorized, "the API wants a token and the route sends none any more");
        world.Api.LastCall.Token.ShouldBeNull();
    }

    [Fact]
    public async Task What_needs_a_restart_says_so_and_stays_as_it_was()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var file = new SettingsFile(world);
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();

        file.Edit(
            ("Bff:Oidc:ClientId", "another"),
            ("Bff:Sessions:CookieName", "__Host-other"),
            ("Bff:PublicUrl", "https://www.example"),
            ("Bff:TrustedProxies:0", "10.0.0.1/32"),
            ("Bff:Spa:Origins:1", "https://app.example"));
        await SaysAsync(world, "A restart is needed for changes to: Bff:Oidc:ClientId, Bff:PublicUrl, Bff:Sessions:CookieName, Bff:TrustedProxies:0.");

        world.Bff.Output.ShouldContain(Reloaded + " Changed: Bff:Spa:Origins:1.");
        using var bob = await world.LogInAsync("bob");
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        (await bob.GetAsync("/api/echo")).Body.ShouldBe("bob");
    }

    [Fact]
    public async Task An_edit_that_needs_a_restart_and_is_taken_back_needs_none()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var file = new SettingsFile(world);
        await world.StartListeningAsync();

        file.Edit(("Bff:Oidc:ClientId", "another"), ("Bff:PublicUrl", "https://www.example"));
        await SaysAsync(world, "A restart is needed for changes to: Bff:Oidc:ClientId, Bff:PublicUrl.");
        (await ReadyAsync(world)).Detail.ShouldBe("A restart is needed for changes to: Bff:Oidc:ClientId, Bff:PublicUrl.");

        file.Edit(("Bff:Oidc:ClientId", PretendProvider.ClientId));
        await SaysAsync(world, "No restart is needed any more for: Bff:Oidc:ClientId.");
        (await ReadyAsync(world)).Detail.ShouldBe("A restart is needed for changes to: Bff:PublicUrl.");

        file.Edit(("Bff:PublicUrl", null));
        await SaysAsync(world, "No restart is needed any more for: Bff:PublicUrl.");
        (await ReadyAsync(world)).Detail.ShouldBeNull();
    }

    [Fact]
    public async Task A_route_that_is_open_and_does_not_say_so_is_named_once_at_the_start_and_after_a_reload()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings.Remove("ReverseProxy:Routes:plain:AuthorizationPolicy");
        var file = new SettingsFile(world);
        await world.StartListeningAsync();
        await SaysAsync(world, "ReverseProxy:Routes:plain has neither");

        file.Edit(("ReverseProxy:Routes:open:Metadata:Bff.Token", "None"));
        await SaysAsync(world, "ReverseProxy:Routes:open has neither");

        file.Edit(("ReverseProxy:Routes:open:AuthorizationPolicy", "anonymous"), ("ReverseProxy:Routes:plain:AuthorizationPolicy", "anonymous"));
        await SaysAsync(world, "Changed: ReverseProxy:Routes:open:AuthorizationPolicy, ReverseProxy:Routes:plain:AuthorizationPolicy.");
        world.Bff.Output.Split("has neither").Length.ShouldBe(3);
    }

    [Fact]
    public async Task An_ops_port_that_others_can_reach_does_not_lose_its_token_before_the_restart_that_closes_it()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Ops:Url"] = "http://0.0.0.0:0";
        world.Settings["Bff:Ops:Token"] = "the-operators-own-token";
        var file = new SettingsFile(world);
        await world.StartListeningAsync();

        file.Edit(("Bff:Ops:Url", "http://127.0.0.1:0"), ("Bff:Ops:Token", null));

        await SaysAsync(world, "A restart is needed for changes to: Bff:Ops:Token, Bff:Ops:Url. Until then all old values stay");
        world.Bff.Output.ShouldContain("Bff:Ops:Token: is required");
        using var http = new HttpClient();
        (await http.GetAsync(new Uri($"http://127.0.0.1:{world.Bff.OpsAddress.Port}/sessions"))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_client_secret_file_that_is_replaced_counts_for_renewals_and_sign_ins()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var secret = Path.Combine(world.Folder, "client-secret");
        await File.WriteAllTextAsync(secret, PretendProvider.ClientSecret);
        world.Settings.Remove("Bff:Oidc:ClientSecret");
        world.Settings["Bff:Oidc:ClientSecretFile"] = secret;
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();

        world.Provider.AcceptedSecret = "the-next-secret";
        await File.WriteAllTextAsync(secret, "the-next-secret\n");
        await SaysAsync(world, Reloaded + " Changed: Bff:Oidc:ClientSecret.");

        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        using var bob = await world.LogInAsync("bob");
        world.Bff.Output.ShouldNotContain("the-next-secret");

        File.Delete(secret);
        await SaysAsync(world, "Bff:Oidc:ClientSecretFile: the file");
        (await bob.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Timeouts_count_for_sessions_that_begin_after_the_edit()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var file = new SettingsFile(world);
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();

        file.Edit(("Bff:Sessions:IdleTimeout", "00:02:00"));
        await SaysAsync(world, Reloaded);

        using var bob = await world.LogInAsync("bob");
        (await LeftAsync(alice)).ShouldBeGreaterThan(TimeSpan.FromMinutes(20));
        (await LeftAsync(bob)).ShouldBeLessThan(TimeSpan.FromMinutes(3));
    }

    private static async Task<TimeSpan> LeftAsync(Browser browser)
    {
        var session = JsonDocument.Parse((await browser.GetAsync("/bff/session")).Body).RootElement;
        return session.GetProperty("sessionExpiresAt").GetDateTimeOffset() - session.GetProperty("now").GetDateTimeOffset();
    }

    private static Task SaysAsync(RealTimeWorld world, string line) =>
        Eventually.HappensAsync(() => world.Bff.Output.Contains(line, StringComparison.Ordinal), line);

    private static async Task<(HttpStatusCode Status, string? Configuration, string? Detail)> ReadyAsync(RealTimeWorld world)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(world.Bff.OpsAddress, "/readyz"));
        var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        var check = body.GetProperty("checks").GetProperty("configuration");
        return (answer.StatusCode, check.GetProperty("status").GetString(), check.TryGetProperty("detail", out var detail) ? detail.GetString() : null);
    }
}
