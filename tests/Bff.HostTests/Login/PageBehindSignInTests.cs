using System.Net;
using Bff.HostTests.Forwarding.PassThrough;

namespace Bff.HostTests.Login;

/// <summary>A route with <c>Bff.Csrf: Navigation</c>: a page behind the sign-in.</summary>
public sealed class PageBehindSignInTests
{
    private const string Arrived = "__Host-bff-arrived";

    private const string Address = "/pages/report?month=2026-11&name=a%2Fb%20c&empty=";

    [Fact]
    public async Task Who_goes_there_signs_in_and_comes_back_to_the_same_address()
    {
        await using var world = await StartAsync();
        var alice = world.NewBrowser();

        var first = await alice.SendAsync(Tab(alice, Address, "cross-site"));
        first.Status.ShouldBe(HttpStatusCode.Found);
        first.Location!.AbsolutePath.ShouldBe("/bff/login");
        first.Header("Cache-Control").ShouldBe("no-store");
        var arrived = await alice.OpenAsync(first.Location);
        if (Continued(arrived) is { AbsolutePath: "/bff/login" } step) { arrived = await alice.OpenAsync(step); }

        // A redirect from the provider's site would bring no strict cookie along; a page of our own does.
        arrived.Status.ShouldBe(HttpStatusCode.OK);
        arrived.Header("Cache-Control").ShouldBe("no-store");
        var back = Continued(arrived).ShouldNotBeNull();
        back.PathAndQuery.ShouldBe(Address);
        var page = await alice.SendAsync(Tab(alice, back.PathAndQuery, "same-origin"));
        page.Body.ShouldBe("alice");
        world.Api.LastCall.Target.ShouldBe(Address);
        world.Api.LastCall.Token.ShouldNotBeNull();
    }

    [Fact]
    public async Task Each_front_end_has_its_users_sign_in_at_its_own_provider()
    {
        var (world, staff) = await TwoProviders.StartAsync([.. FetchedRoutes.Of("pages", "Navigation")]);
        await using var _ = world;
        var bob = world.NewBrowser();
        var back = Continued(await bob.OpenAsync("/admin" + Address)).ShouldNotBeNull();
        back.PathAndQuery.ShouldBe("/admin" + Address);
        (await bob.SendAsync(Tab(bob, back.PathAndQuery, "same-origin"))).Status.ShouldBe(HttpStatusCode.OK);
        world.Api.LastCall.Token.ShouldBe(staff.Grant.AccessToken!.Value);
        (await bob.SendAsync(Tab(bob, "/pages/x", "same-origin"))).Status.ShouldNotBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_page_that_wants_users_of_another_provider_than_the_first_leads_there_and_takes_nobodys_session_unasked()
    {
        var (world, staff) = await TwoProviders.StartAsync(
            [.. FetchedRoutes.Of("pages", "Navigation", ("Bff.Provider", "staff")), ("Bff:Spa:Provider", "default staff")]);
        await using var _ = world;
        var bob = world.NewBrowser();
        Continued(await bob.OpenAsync(Address)).ShouldNotBeNull().PathAndQuery.ShouldBe(Address);
        (await bob.SendAsync(Tab(bob, Address, "same-origin"))).Status.ShouldBe(HttpStatusCode.OK);
        world.Api.LastCall.Token.ShouldBe(staff.Grant.AccessToken!.Value);
        (await FollowLinkAsync(bob)).PathAndQuery.ShouldBe(Address);
        (staff.Authorizations.Count, world.Provider.Authorizations.Count).ShouldBe((1, 0));

        var alice = await world.LogInAsync();
        var told = await alice.SendAsync(Tab(alice, Address, "cross-site"));
        told.Status.ShouldBe(HttpStatusCode.Unauthorized);
        told.ShouldSay("other_provider");
        told.Body.ShouldContain("/bff/login?provider=staff&amp;returnUrl=%2Fpages%2Freport");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task A_page_that_wants_a_stronger_sign_in_leads_to_that_one()
    {
        await using var world = await World.StartAsync([.. FetchedRoutes.Of("pages", "Navigation"),
            ("ReverseProxy:Routes:pages:AuthorizationPolicy", "strong"), ("Bff:Policies:strong:Acr:0", "urn:mfa")]);
        world.Provider.Strength = new() { UsualAcr = "urn:password" };
        var alice = await world.LogInAsync();

        var login = (await alice.SendAsync(Tab(alice, Address, "same-origin"))).Location.ShouldNotBeNull();

        login.Query.ShouldContain("acr_values=urn%3Amfa");
        Continued(await alice.OpenAsync(login)).ShouldNotBeNull().PathAndQuery.ShouldBe(Address);
        (await alice.SendAsync(Tab(alice, Address, "same-origin"))).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task A_link_on_another_site_shows_the_page_to_who_is_signed_in_and_asks_no_provider()
    {
        await using var world = await StartAsync();
        var alice = await world.LogInAsync();
        var asked = world.Provider.Authorizations.Count;

        (await FollowLinkAsync(alice)).PathAndQuery.ShouldBe(Address);

        (await alice.SendAsync(Tab(alice, Address, "same-origin"))).Body.ShouldBe("alice");
        world.Provider.Authorizations.Count.ShouldBe(asked);
    }

    [Fact]
    public async Task Nobody_else_is_led_anywhere()
    {
        await using var world = await StartAsync();
        var alice = world.NewBrowser();
        (await alice.SendAsync(Request(alice, Address, "same-origin", "navigate", "iframe"))).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await alice.SendAsync(Request(alice, Address, "same-origin", "no-cors", "image"))).ShouldBeProblem(401, "session_required");
        (await alice.GetAsync(Address)).ShouldBeProblem(401, "session_required");

        var head = Tab(alice, Address, "none");
        head.Method = HttpMethod.Head;
        (await alice.SendAsync(head)).Status.ShouldBe(HttpStatusCode.Unauthorized);

        var ahead = Tab(alice, Address, "same-origin");
        ahead.Headers.Add("Sec-Purpose", "prefetch;prerender");
        (await alice.SendAsync(ahead)).ShouldSay("not_ahead_of_time");

        // An address that no return URL may be, and one that no provider would carry.
        (await alice.SendAsync(Tab(alice, "/pages/" + new string('x', 2000), "none"))).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await RawClient.SendAsync(world.Bff.Address, ["GET //evil.example/x HTTP/1.1", "Accept: text/html"])).ShouldNotContain("Location");
        world.Api.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_cannot_be_let_in_is_told_so_and_not_led_round_in_a_circle()
    {
        await using var world = await StartAsync();
        var alice = world.NewBrowser();
        (await alice.OpenAsync(Address)).SetCookie(Arrived).ShouldContain("max-age=30; path=/; secure; samesite=lax; httponly");
        alice.Cookies.Remove(Browser.SessionCookie);   // the browser did not keep it

        var told = await alice.SendAsync(Tab(alice, Address, "same-origin"));
        told.Status.ShouldBe(HttpStatusCode.Unauthorized);
        told.ShouldSay("session_required");
        told.Body.ShouldContain("/bff/login?returnUrl=%2Fpages%2Freport%3Fmonth%3D2026-11");

        alice.Cookies.Remove(Arrived);   // half a minute later
        (await alice.SendAsync(Tab(alice, Address, "same-origin"))).Location!.AbsolutePath.ShouldBe("/bff/login");
    }

    [Fact]
    public async Task What_the_API_or_the_provider_refuses_is_shown_and_not_asked_again()
    {
        await using var world = await StartAsync();
        var alice = world.NewBrowser();
        await alice.OpenAsync(Address);
        world.Api.Answers = context => context.Response.StatusCode = 401;
        (await alice.SendAsync(Tab(alice, Address, "same-origin"))).Status.ShouldBe(HttpStatusCode.Unauthorized);

        world.Provider.AuthorizeError = "access_denied";
        var bob = world.NewBrowser();
        var refused = await bob.OpenAsync(Address);
        refused.Status.ShouldBe(HttpStatusCode.Forbidden);
        refused.ShouldSay("access_denied");
        refused.Body.ShouldContain("/bff/login?returnUrl=%2Fpages%2Freport");
    }

    [Fact]
    public async Task Who_has_a_session_whose_token_only_the_user_can_renew_is_led_to_sign_in_again()
    {
        await using var world = await StartAsync();
        world.Provider.GivesRefreshTokens = false;
        var alice = world.NewBrowser();
        await alice.OpenAsync(Address);
        (await alice.SendAsync(Tab(alice, Address, "same-origin"))).Body.ShouldBe("alice");

        await world.AdvanceAsync(TimeSpan.FromMinutes(6));
        (await alice.SendAsync(Tab(alice, Address, "same-origin"))).ShouldSay("token_expired");
        alice.Cookies.Remove(Arrived);   // half a minute later
        await alice.OpenAsync(Address);
        (await alice.SendAsync(Tab(alice, Address, "same-origin"))).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task Who_has_not_signed_in_as_the_page_s_policy_asks_is_led_to_do_so_and_a_caller_with_a_token_is_told()
    {
        await using var world = await World.StartAsync(
        [
            .. FetchedRoutes.Of("pages", "Navigation"), ("ReverseProxy:Routes:pages:AuthorizationPolicy", "strong"),
            ("ReverseProxy:Routes:pages:Metadata:Bff.Token", "UserOrPassThrough"), ("ReverseProxy:Routes:pages:Metadata:Bff.Audience", CallersWorld.Audience),
            ("Bff:Policies:strong:Acr:0", "urn:mfa"), ("Bff:Policies:strong:MaxAge", "5m"),
        ]);
        world.Provider.Strength = new() { UsualAcr = "urn:password", AcrInstead = "urn:password" };
        var alice = await world.LogInAsync();

        // A provider that does not do as it is asked leads nobody round in a circle.
        var led = await alice.SendAsync(Tab(alice, Address, "same-origin"));
        led.Status.ShouldBe(HttpStatusCode.Found);
        await alice.OpenAsync(led.Location!);
        var told = await alice.SendAsync(Tab(alice, Address, "same-origin"));
        told.Status.ShouldBe(HttpStatusCode.Unauthorized);
        told.ShouldSay("stronger_sign_in_required");

        world.Provider.Strength = new() { UsualAcr = "urn:password" };
        await alice.OpenAsync(WebUtility.HtmlDecode(told.Body.Split("<a href=\"")[1].Split('"')[0]));
        (await alice.SendAsync(Tab(alice, Address, "same-origin"))).Status.ShouldBe(HttpStatusCode.OK);

        var claims = new Dictionary<string, object?>
        {
            ["iss"] = world.Provider.Issuer, ["sub"] = "script", ["aud"] = CallersWorld.Audience,
            ["exp"] = world.Clock.Now.AddMinutes(5).ToUnixTimeSeconds(),
        };
        var token = Jwt.Sign(claims, world.Provider.Key, header => header["typ"] = "at+jwt");
        foreach (var (bearer, error) in new[] { (token, "insufficient_user_authentication"), (token + "x", "invalid_token") })
        {
            var refused = await RawCall.GetAsync(
                world.Bff.Address, Address, world.Bff.Address.Authority, "Accept: text/html", CallersWorld.Bearer(bearer));
            refused.Status.ShouldBe(401, refused.Text);
            refused.Header("WWW-Authenticate")!.ShouldContain($"error=\"{error}\"");
            refused.Header("Location").ShouldBeNull();
        }
    }

    private static Task<World> StartAsync() => World.StartAsync([.. FetchedRoutes.Of("pages", "Navigation"), .. Everything]);

    /// <summary>A route for what no other takes.</summary>
    private static IEnumerable<(string Key, string? Value)> Everything =>
    [
        .. FetchedRoutes.Of("everything", "Navigation"), ("ReverseProxy:Routes:everything:Match:Path", "/{**all}"),
        ("ReverseProxy:Routes:everything:Order", "1000"),
    ];

    /// <summary>Of another site's page.</summary>
    /// <returns>Where the browser ends without anybody being asked.</returns>
    private static async Task<Uri> FollowLinkAsync(Browser browser)
    {
        var key = browser.Session!;
        browser.Cookies.Remove(Arrived);
        browser.Cookies.Remove(Browser.SessionCookie);   // a strict cookie stays at home
        var login = (await browser.SendAsync(Tab(browser, Address, "cross-site"))).Location!;
        var step = Continued(await browser.SendAsync(Tab(browser, login.PathAndQuery, "cross-site"))).ShouldNotBeNull();
        browser.Cookies.Set(Browser.SessionCookie, key);
        return (await browser.SendAsync(Tab(browser, step.PathAndQuery, "same-origin"))).Location!;
    }

    private static HttpRequestMessage Tab(Browser browser, string path, string site)
    {
        var request = Request(browser, path, site, "navigate", "document");
        request.Headers.Add("Accept", "text/html");
        return request;
    }

    private static HttpRequestMessage Request(Browser browser, string path, string site, string mode, string destination)
    {
        var request = browser.Bare(HttpMethod.Get, path);
        request.Headers.Add("Sec-Fetch-Site", site);
        request.Headers.Add("Sec-Fetch-Mode", mode);
        request.Headers.Add("Sec-Fetch-Dest", destination);
        return request;
    }

    /// <returns>Where a page of ours leads on; null when the answer is none.</returns>
    private static Uri? Continued(Answer answer)
    {
        const string Before = "content=\"0;url=";
        var begin = answer.Body.IndexOf(Before, StringComparison.Ordinal);
        if (begin < 0) { return null; }
        var url = answer.Body[(begin + Before.Length)..].Split('"')[0];
        return new Uri(answer.Url, WebUtility.HtmlDecode(url));
    }
}
