using System.Net;

namespace Bff.HostTests.Login;

/// <summary>OpenID Connect Front-Channel Logout 1.0, as far as a GET without proof of who asks may go.</summary>
public sealed class FrontChannelTests
{
    private static readonly (string, string?) On = ("Bff:Oidc:FrontChannelLogout", "true");

    [Fact]
    [Trait("Standard", "FCL-1")]
    public async Task It_is_off_unless_it_is_wanted()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();

        (await FrameAsync(alice, world.Provider.Issuer, world.Provider.Grant.ProviderSid)).Status.ShouldBe(HttpStatusCode.NotFound);

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    [Trait("Standard", "FCL-2")]
    public async Task A_frame_of_the_provider_ends_the_session_of_its_browser_and_tells_its_pages()
    {
        await using var world = await World.StartAsync(On);
        var other = await world.LogInAsync();
        var alice = await world.LogInAsync();

        var answer = await FrameAsync(alice, world.Provider.Issuer, world.Provider.Grant.ProviderSid);

        answer.Status.ShouldBe(HttpStatusCode.OK);
        answer.Header("Cache-Control").ShouldBe("no-store");
        answer.Header("Content-Security-Policy").ShouldBe(
            $"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors {world.Provider.Address}");
        (await alice.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
        (await alice.GetAsync("/bff/session")).Text("reason").ShouldBe("provider_logout");
        await world.SeesRevocationAsync(world.Provider.Grant.RefreshToken);
        (await other.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    [Trait("Standard", "FCL-3")]
    public async Task A_sid_without_the_cookie_of_its_session_ends_nothing_and_nobody_learns_it()
    {
        await using var world = await World.StartAsync(On);
        var alice = await world.LogInAsync();
        var sid = world.Provider.Grant.ProviderSid;
        var bob = await world.LogInAsync("bob");

        var (stranger, another) = (await FrameAsync(world.NewBrowser(), world.Provider.Issuer, sid), await FrameAsync(bob, world.Provider.Issuer, sid));

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        (await bob.GetAsync("/api/echo")).Body.ShouldBe("bob");
        var right = await FrameAsync(alice, world.Provider.Issuer, sid);
        Seen(stranger).ShouldBe(Seen(right));
        Seen(another).ShouldBe(Seen(right));

        static (HttpStatusCode, string, string?) Seen(Answer answer) => (answer.Status, answer.Body, answer.Header("Content-Security-Policy"));
    }

    [Theory]
    [Trait("Standard", "FCL-4")]
    [InlineData("")]
    [InlineData("?iss={iss}")]
    [InlineData("?sid={sid}")]
    [InlineData("?iss={iss}&sid=")]
    [InlineData("?iss=&sid={sid}")]
    [InlineData("?iss={iss}&sid={sid}&sid={sid}")]
    [InlineData("?iss={iss}&iss={iss}&sid={sid}")]
    [InlineData("?iss=https://evil.example&sid={sid}")]
    [InlineData("?iss={iss}.evil.example&sid={sid}")]
    public async Task Both_parameters_are_there_once_and_name_the_provider(string query)
    {
        await using var world = await World.StartAsync(On);
        var alice = await world.LogInAsync();
        var asked = query.Replace("{iss}", Uri.EscapeDataString(world.Provider.Issuer), StringComparison.Ordinal)
            .Replace("{sid}", world.Provider.Grant.ProviderSid, StringComparison.Ordinal);

        var answer = await alice.StepAsync("/bff/frontchannel" + asked, accept: "application/json");

        answer.ShouldBeProblem(400, "invalid_logout");
        answer.Header("Content-Security-Policy")!.ShouldContain("frame-ancestors 'none'");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    [Trait("Standard", "FCL-5")]
    public async Task A_provider_ends_sessions_of_its_own_only_and_only_where_it_may()
    {
        var (world, staff) = await TwoProviders.StartAsync(("Bff:Providers:staff:FrontChannelLogout", "true"));
        await using var _ = world;
        world.Provider.ShapeIdToken = claims => claims["sid"] = "same";
        staff.ShapeIdToken = claims => claims["sid"] = "same";
        var alice = await world.LogInAsync();
        var bob = await world.LogInAtAdminAsync();

        (await FrameAsync(alice, staff.Issuer, "same")).Status.ShouldBe(HttpStatusCode.OK);
        (await FrameAsync(alice, world.Provider.Issuer, "same")).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");

        (await FrameAsync(bob, staff.Issuer, "same", "/admin")).Header("Content-Security-Policy")!.ShouldEndWith("frame-ancestors " + staff.Address);
        (await bob.GetAsync("/admin/api/echo")).ShouldBeProblem(401, "session_required");
    }

    [Theory]
    [Trait("Standard", "FCL-6")]
    [InlineData("document")]
    [InlineData("image")]
    [InlineData("script")]
    [InlineData("empty")]
    public async Task It_is_a_frame_where_the_browser_says_what_it_is_for(string destination)
    {
        await using var world = await World.StartAsync(On);
        var alice = await world.LogInAsync();

        var answer = await FrameAsync(alice, world.Provider.Issuer, world.Provider.Grant.ProviderSid, destination: destination);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    [Trait("Standard", "FCL-2")]
    public async Task A_provider_at_a_bare_address_may_frame_it_too()
    {
        await using var world = await World.StartAsync(On, ("Bff:Oidc:Logout:Address", "https://[2001:db8::7]:8443/out"));

        var answer = await FrameAsync(world.NewBrowser(), world.Provider.Issuer, "some");

        answer.Header("Content-Security-Policy")!.Split(' ').ShouldContain("https://[2001:db8::7]:8443");
    }

    private static Task<Answer> FrameAsync(Browser browser, string issuer, string sid, string pathBase = "", string destination = "iframe")
    {
        var request = browser.Bare(HttpMethod.Get, $"{pathBase}/bff/frontchannel?iss={Uri.EscapeDataString(issuer)}&sid={Uri.EscapeDataString(sid)}");
        request.Headers.Add("Accept", "text/html");
        request.Headers.Add("Sec-Fetch-Dest", destination);
        request.Headers.Add("Sec-Fetch-Mode", "navigate");
        request.Headers.Add("Sec-Fetch-Site", "cross-site");
        return browser.SendAsync(request);
    }
}
