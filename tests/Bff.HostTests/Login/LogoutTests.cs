using System.Net;

namespace Bff.HostTests.Login;

public sealed class LogoutTests
{
    [Fact]
    [Trait("Standard", "OUT-2"), Trait("Standard", "OUT-3"), Trait("Standard", "OUT-4"), Trait("Standard", "ASVS-4")]
    public async Task A_sign_out_ends_everything_here_and_at_the_provider_and_leads_back()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var (key, refreshToken) = (alice.Session!, world.Provider.Grant.RefreshToken);

        var end = await alice.OpenAsync(await LogoutUrlAsync(alice) + "&returnUrl=" + Uri.EscapeDataString("http://localhost:5000/bye"));

        end.Location.ShouldBe(new Uri("http://localhost:5000/bye"));
        alice.Session.ShouldBeNull();
        world.Sessions.ShouldBe(0);
        alice.Cookies.Set(Browser.SessionCookie, key);
        (await alice.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
        await Eventually.HappensAsync(() => !world.Provider.Revocations.IsEmpty);
        world.Provider.Revocations.Single()["token"].ShouldBe(refreshToken);
        var signOut = world.Provider.SignOuts.Single();
        signOut["client_id"].ShouldBe(PretendProvider.ClientId);
        signOut["post_logout_redirect_uri"].ShouldBe(new Uri(world.Bff.Address, "/signout-callback-oidc").AbsoluteUri);
        signOut["state"].ShouldNotBeNullOrEmpty();
    }

    [Fact]
    [Trait("Standard", "SEC-6")]
    [Trait("Standard", "OUT-1")]
    public async Task No_id_token_passes_through_the_browser()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await alice.OpenAsync(await LogoutUrlAsync(alice));
        world.Provider.SignOuts.Single().ShouldNotContainKey("id_token_hint");
    }

    [Fact]
    [Trait("Standard", "OUT-1")]
    public async Task A_provider_that_insists_gets_the_id_token_as_a_hint()
    {
        await using var world = await World.StartAsync(("Bff:Oidc:SendIdTokenHint", "true"));
        var alice = await world.LogInAsync();
        await alice.OpenAsync(await LogoutUrlAsync(alice));
        world.Provider.Secrets.ShouldContain(new Secret("ID token", world.Provider.SignOuts.Single()["id_token_hint"]));
    }

    [Theory]
    [InlineData("/bff/logout")]
    [InlineData("/bff/logout?sid=")]
    [InlineData("/bff/logout?sid=wrong")]
    [InlineData("/bff/logout?sid=sid-of-the-provider")]
    public async Task A_link_that_was_not_made_for_this_session_ends_nothing(string link)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        link = link.Replace("sid-of-the-provider", world.Provider.Grant.ProviderSid, StringComparison.Ordinal);

        (await alice.StepAsync(link, accept: "*/*")).ShouldBeProblem(400, "invalid_sid");

        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
        world.Provider.Revocations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_link_made_for_another_session_ends_nothing()
    {
        await using var world = await World.StartAsync();
        var (alice, mallory) = (await world.LogInAsync("alice"), await world.LogInAsync("mallory"));
        (await alice.StepAsync(await LogoutUrlAsync(mallory), accept: "*/*")).ShouldBeProblem(400, "invalid_sid");
        world.Sessions.ShouldBe(2);
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "same-origin")]
    [InlineData("Sec-Fetch-Site", "none")]
    [InlineData("Referer", "http://localhost:5000/page")]
    public async Task Without_a_session_a_sign_out_of_our_pages_just_leads_back(string header, string value)
    {
        await using var world = await World.StartAsync();
        var browser = world.NewBrowser();
        var request = browser.Bare(HttpMethod.Get, "/bff/logout?sid=of-a-session-that-ended");
        request.Headers.Add(header, value);

        (await browser.SendAsync(request)).Location.ShouldBe(new Uri("http://localhost:5000/"));

        world.Provider.SignOuts.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_script_learns_where_to_go()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();

        var answer = await alice.PostAsync("/bff/logout?returnUrl=" + Uri.EscapeDataString("http://localhost:5000/bye"));

        answer.Status.ShouldBe(HttpStatusCode.OK);
        answer.Header("Location").ShouldBeNull();
        alice.Session.ShouldBeNull();
        world.Sessions.ShouldBe(0);
        await Eventually.HappensAsync(() => world.Provider.Revocations.Count == 1);
        var end = await alice.OpenAsync(new Uri(answer.Text("location")!));
        end.Location.ShouldBe(new Uri("http://localhost:5000/bye"));
        world.Provider.SignOuts.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_script_without_a_session_is_led_back()
    {
        await using var world = await World.StartAsync();
        var answer = await world.NewBrowser().PostAsync("/bff/logout");
        answer.Text("location").ShouldBe("http://localhost:5000/");
    }

    [Fact]
    public async Task Another_browser_of_the_same_user_stays_signed_in()
    {
        await using var world = await World.StartAsync();
        var (desk, phone) = (await world.LogInAsync(), await world.LogInAsync());
        await desk.PostAsync("/bff/logout");
        (await phone.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    [Trait("Standard", "WEB-1")]
    [Trait("Standard", "WEB-2")]
    public async Task The_cookie_is_deleted_with_the_attributes_it_was_set_with()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var set = Attributes(
            alice.Received.Single(answer => answer.SetCookies.Any(line => line.StartsWith(Browser.SessionCookie + "=", StringComparison.Ordinal))));

        var answer = await alice.PostAsync("/bff/logout");

        Attributes(answer).ShouldBe(set);
        answer.SetCookie(Browser.SessionCookie).ShouldContain("expires=Thu, 01 Jan 1970");
        answer.Header("Cache-Control").ShouldNotBeNull().ShouldContain("no-store");
    }

    [Fact]
    [Trait("Standard", "OUT-5")]
    public async Task While_the_provider_is_down_a_sign_out_still_ends_the_session_here()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var logout = await LogoutUrlAsync(alice);
        world.Provider.GoDown();

        (await alice.StepAsync(logout)).Status.ShouldBe(HttpStatusCode.Found);

        alice.Session.ShouldBeNull();
        world.Sessions.ShouldBe(0);
    }

    [Fact]
    public async Task While_the_provider_was_never_reached_a_sign_out_leads_straight_back()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.GoDown();
        await world.RestartBffAsync();

        var answer = await alice.PostAsync("/bff/logout?returnUrl=" + Uri.EscapeDataString("http://localhost:5000/bye"));

        answer.Text("location").ShouldBe("http://localhost:5000/bye");
        alice.Session.ShouldBeNull();
        world.Sessions.ShouldBe(0);
    }

    [Fact]
    [Trait("Standard", "OUT-5")]
    public async Task A_provider_that_hangs_does_not_keep_a_sign_out_for_long()
    {
        await using var world = await World.StartAsync(("Bff:Renewal:TokenTimeout", "00:00:01"));
        var alice = await world.LogInAsync();
        world.Provider.Faults.Hang("/revoke");
        (await alice.PostAsync("/bff/logout")).Status.ShouldBe(HttpStatusCode.OK);
        alice.Session.ShouldBeNull();
        world.Sessions.ShouldBe(0);
    }

    [Fact]
    [Trait("Standard", "OUT-5")]
    public async Task A_provider_that_revokes_nothing_does_not_stop_a_sign_out()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeMetadata = metadata => metadata.Remove("revocation_endpoint");
        var alice = await world.LogInAsync();
        (await alice.OpenAsync(await LogoutUrlAsync(alice))).Location.ShouldBe(new Uri("http://localhost:5000/"));
        world.Sessions.ShouldBe(0);
    }

    [Fact]
    public async Task A_provider_that_offers_no_sign_out_leaves_it_at_ours()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeMetadata = metadata => metadata.Remove("end_session_endpoint");
        var alice = await world.LogInAsync();
        var bob = await world.LogInAsync("bob");
        var bye = "returnUrl=" + Uri.EscapeDataString("http://localhost:5000/bye");

        (await alice.StepAsync(await LogoutUrlAsync(alice) + "&" + bye)).Location.ShouldBe(new Uri("http://localhost:5000/bye"));
        (await bob.PostAsync("/bff/logout?" + bye)).Text("location").ShouldBe("http://localhost:5000/bye");

        world.Sessions.ShouldBe(0);
    }

    [Theory]
    [InlineData("/signout-callback-oidc")]
    [InlineData("/signout-callback-oidc?state=forged")]
    [Trait("Standard", "OUT-4")]
    [Trait("Standard", "WILD-9")]
    public async Task A_return_from_a_sign_out_without_a_state_of_ours_ends_at_the_default_page_and_ends_nothing(string path)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var answer = await alice.StepAsync(path);
        answer.Location.ShouldBe(new Uri("http://localhost:5000/"));
        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Standard", "OUT-4")]
    public async Task A_return_from_a_sign_out_that_comes_too_late_ends_at_the_default_page()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var back = await AtProviderAsync(alice, "http://localhost:5000/bye");
        await world.AdvanceAsync(TimeSpan.FromMinutes(11));
        (await alice.StepAsync(back)).Location.ShouldBe(new Uri("http://localhost:5000/"));
    }

    [Fact]
    public async Task A_return_from_a_sign_out_leads_to_no_front_end_that_was_taken_away_meanwhile()
    {
        await using var world = await World.StartAsync(("Bff:Spa:Origins:1", "http://localhost:5999"));
        var alice = await world.LogInAsync();
        var back = await AtProviderAsync(alice, "http://localhost:5999/bye");
        await world.RestartBffAsync(("Bff:Spa:Origins:1", null));
        (await alice.StepAsync(new UriBuilder(back) { Port = world.Bff.Address.Port }.Uri)).Location.ShouldBe(new Uri("http://localhost:5000/"));
    }

    /// <summary>Where the provider sends a browser that it has signed out.</summary>
    private static async Task<Uri> AtProviderAsync(Browser browser, string returnUrl)
    {
        var leaving = await browser.StepAsync(await LogoutUrlAsync(browser) + "&returnUrl=" + Uri.EscapeDataString(returnUrl));
        return (await browser.StepAsync(leaving.Location!)).Location!;
    }

    private static async Task<string> LogoutUrlAsync(Browser browser) => (await browser.GetAsync("/bff/session")).Text("logoutUrl")!;

    private static List<string> Attributes(Answer answer) => answer.SetCookie(Browser.SessionCookie)
        .Split(';', StringSplitOptions.TrimEntries).Skip(1)
        .Where(attribute => !attribute.StartsWith("expires", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
}
