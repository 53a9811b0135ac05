using System.Net;

namespace Bff.HostTests.Login;

/// <summary>A page on another port or subdomain is same-site, gets our cookies into its frames, and is somebody else's.</summary>
[Trait("Standard", "WEB-3")]
public sealed class ForeignPageTests
{
    private const string Stranger = "http://localhost:7777/";

    public static TheoryData<string, string?> Strangers => new()
    {
        { "iframe", Stranger }, { "iframe", null }, { "frame", Stranger }, { "embed", Stranger }, { "object", null }, { "image", Stranger }, { "script", null },
        { "empty", Stranger },
    };

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task It_signs_nobody_in_unseen(string destination, string? referrer)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        alice.Cookies.Remove(Browser.SessionCookie);   // signed in at the provider only
        var asked = world.Provider.Authorizations.Count;

        var silent = await alice.SendAsync(Loaded(alice, "/bff/silent-login", destination, referrer));
        var login = await alice.SendAsync(Loaded(alice, "/bff/login", destination, referrer));

        silent.Location.ShouldBe(new Uri("http://localhost:5000/silent?result=error&error=login_required"));
        login.ShouldBeProblem(403, "foreign_page");
        silent.SetCookies.Concat(login.SetCookies).ShouldBeEmpty();
        world.Provider.Authorizations.Count.ShouldBe(asked);
    }

    [Theory]
    [InlineData("same-site", "http://localhost:5000/")]
    [InlineData("same-site", "http://localhost:5000/any/page?x=1")]
    [InlineData("cross-site", "http://localhost:5000/")]
    [InlineData("same-origin", null)]
    public async Task A_frame_of_a_front_end_does(string site, string? referrer)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        alice.Cookies.Remove(Browser.SessionCookie);

        var begun = await alice.SendAsync(Loaded(alice, "/bff/silent-login", "iframe", referrer, site));

        begun.Location!.Authority.ShouldBe(new Uri(world.Provider.Issuer).Authority);
        (await alice.OpenAsync(begun.Location)).Location.ShouldBe(new Uri("http://localhost:5000/silent?result=ok"));
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Theory]
    [InlineData("same-site")]
    [InlineData("none")]
    public async Task A_link_anywhere_leads_to_a_sign_in_that_the_user_sees(string site)
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        (await alice.SendAsync(Loaded(alice, "/bff/login", "document", Stranger, site))).Status.ShouldBe(HttpStatusCode.Found);
    }

    [Fact]
    public async Task A_link_on_another_site_brings_no_strict_cookie_and_takes_a_step_more_so_that_the_old_session_ends()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var first = alice.Session!;

        alice.Cookies.Remove(Browser.SessionCookie);   // a Strict cookie stays at home
        var step = await alice.SendAsync(Loaded(alice, "/bff/login?login_hint=alice", "document", Stranger, "cross-site"));

        step.Status.ShouldBe(HttpStatusCode.OK);
        step.Body.ShouldContain("""content="0;url=/bff/login?login_hint=alice&amp;again=1">""");
        step.Header("Cross-Origin-Opener-Policy").ShouldBe("same-origin");
        alice.Cookies.Set(Browser.SessionCookie, first);
        var begun = await alice.SendAsync(Loaded(alice, "/bff/login?login_hint=alice&again=1", "document", null, "same-origin"));
        alice.Cookies.Remove(Browser.SessionCookie);   // nor from the provider's site
        await alice.OpenAsync(begun.Location!);

        alice.Session.ShouldNotBe(first);
        world.Sessions.ShouldBe(1);
    }

    [Fact]
    public async Task Where_every_request_is_called_cross_site_the_step_is_taken_once()
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        (await alice.SendAsync(Loaded(alice, "/bff/login", "document", Stranger, "cross-site"))).Body.ShouldContain("again=1");
        (await alice.SendAsync(Loaded(alice, "/bff/login?again=1", "document", null, "cross-site"))).Status.ShouldBe(HttpStatusCode.Found);
    }

    [Theory]
    [InlineData("EndOldest")]
    [InlineData("RefuseNewest")]
    public async Task Another_sites_page_cannot_skip_the_step_and_so_adds_no_session_that_takes_the_place_of_another(string whenTooMany)
    {
        await using var world = await World.StartAsync(("Bff:Sessions:MaxPerUser", "2"), ("Bff:Sessions:WhenTooMany", whenTooMany));
        var (laptop, phone) = (await world.LogInAsync(), await world.LogInAsync());
        var session = laptop.Session!;
        await laptop.SendAsync(Loaded(laptop, "/bff/login", "document", Stranger, "cross-site"));
        foreach (var name in laptop.Cookies.Names().Where(name => name is Browser.SessionCookie or "__Host-bff-step").ToList())
        {
            laptop.Cookies.Remove(name);   // Strict cookies stay at home
        }

        var asked = world.Provider.Authorizations.Count;
        foreach (var link in new[] { "/bff/login?again=1", "/bff/login?login_hint=alice&again=", "/bff/login?again=1&again=2" })
        {
            var answer = await laptop.SendAsync(Loaded(laptop, link, "document", Stranger, "cross-site"));
            answer.ShouldBeProblem(400, "cookies_missing");
        }

        world.Provider.Authorizations.Count.ShouldBe(asked);
        (await phone.GetAsync("/api/echo")).Body.ShouldBe("alice");
        laptop.Cookies.Set(Browser.SessionCookie, session);
        (await laptop.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task A_lax_cookie_comes_along_and_needs_no_step_more()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:CookieSameSite", "Lax"));
        var alice = world.NewBrowser();
        (await alice.SendAsync(Loaded(alice, "/bff/login", "document", Stranger, "cross-site"))).Status.ShouldBe(HttpStatusCode.Found);
    }

    [Theory]
    [InlineData("/bff/logout", "same-site")]
    [InlineData("/bff/logout?sid=", "cross-site")]
    [InlineData("/bff/logout?sid=guess", "same-site")]
    [InlineData("/bff/logout?sid=guess", "")]
    public async Task It_does_not_learn_from_a_sign_out_whether_somebody_is_signed_in(string link, string site)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();

        var signedIn = await alice.SendAsync(Loaded(alice, link, "document", Stranger, site));
        var anonymous = await world.NewBrowser().SendAsync(Loaded(alice, link, "document", Stranger, site));

        signedIn.ShouldBeProblem(400, "invalid_sid");
        (anonymous.Status, anonymous.Body).ShouldBe((signedIn.Status, signedIn.Body));
        string.Join('\n', anonymous.Headers.Keys.Order(StringComparer.Ordinal)).ShouldBe(
            string.Join('\n', signedIn.Headers.Keys.Order(StringComparer.Ordinal)));
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Theory]
    [InlineData("prefetch")]
    [InlineData("prefetch;prerender")]
    public async Task A_browser_that_looks_ahead_begins_and_ends_nothing(string purpose)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var asked = world.Provider.Authorizations.Count;
        foreach (var link in new[] { (await alice.GetAsync("/bff/session")).Text("logoutUrl")!, "/bff/login" })
        {
            var request = Loaded(alice, link, "document", Browser.SpaOrigin + "/", "same-origin");
            request.Headers.Add("Sec-Purpose", purpose);
            (await alice.SendAsync(request)).ShouldBeProblem(503, "not_ahead_of_time");
        }

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Provider.Authorizations.Count.ShouldBe(asked);
    }

    private static HttpRequestMessage Loaded(Browser browser, string path, string destination, string? referrer, string site = "same-site")
    {
        var request = browser.Bare(HttpMethod.Get, path);
        request.Headers.Add("Sec-Fetch-Dest", destination);
        if (site.Length > 0) { request.Headers.Add("Sec-Fetch-Site", site); }
        if (referrer is not null) { request.Headers.Referrer = new Uri(referrer); }
        return request;
    }
}
