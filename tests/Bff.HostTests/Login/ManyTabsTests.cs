using System.Net;
using Microsoft.AspNetCore.WebUtilities;

namespace Bff.HostTests.Login;

/// <summary>A callback that cannot end its own flow any more, in a browser that may be signed in by another.</summary>
public sealed class ManyTabsTests
{
    private const string Page = "http://localhost:5000/deep/page?x=1";
    private const string LoginToPage = "/bff/login?login_hint=alice&returnUrl=http%3A%2F%2Flocalhost%3A5000%2Fdeep%2Fpage%3Fx%3D1";

    [Fact]
    public async Task Of_eight_tabs_that_began_a_sign_in_each_ends_where_it_wanted_to_go()
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        var callbacks = new List<Uri>();
        for (var tab = 0; tab < 8; tab++) { callbacks.Add(await alice.GoToCallbackAsync($"/bff/login?login_hint=alice&returnUrl=/tab/{tab}")); }
        callbacks.Reverse();   // the last one is where the user signs in; the first ones have lost their cookies

        foreach (var callback in callbacks)
        {
            var answer = await alice.StepAsync(callback);
            answer.Status.ShouldBe(HttpStatusCode.Found, answer.Body);
            answer.Location!.AbsolutePath.ShouldBe("/tab/" + (7 - callbacks.IndexOf(callback)));
        }

        world.Sessions.ShouldBe(1);
    }

    [Fact]
    public async Task A_callback_that_is_loaded_again_goes_on_and_redeems_nothing()
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync(LoginToPage);
        await alice.StepAsync(callback);
        var session = alice.Session;

        var answer = await alice.StepAsync(callback);

        answer.Location.ShouldBe(new Uri(Page));
        answer.SetCookies.ShouldBeEmpty();
        alice.Session.ShouldBe(session);
        world.Provider.TokenCalls.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Without_a_session_a_page_leads_on_and_keeps_the_deep_link()
    {
        await using var world = await World.StartAsync();
        var callback = await world.NewBrowser().GoToCallbackAsync(LoginToPage);
        var other = world.NewBrowser();

        var answer = await other.StepAsync(callback);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.ShouldSay("invalid_state");
        answer.Body.ShouldContain("""<a href="/bff/login?returnUrl=http%3A%2F%2Flocalhost%3A5000%2Fdeep%2Fpage%3Fx%3D1">Sign in again</a>""");
        (await other.OpenAsync("/bff/login?returnUrl=http%3A%2F%2Flocalhost%3A5000%2Fdeep%2Fpage%3Fx%3D1")).Location.ShouldBe(new Uri(Page));
    }

    [Fact]
    [Trait("Standard", "SEC-9")]
    public async Task Going_on_signs_nobody_in_and_changes_no_session()
    {
        await using var world = await World.StartAsync();
        var mallorys = await world.NewBrowser().GoToCallbackAsync("/bff/login?login_hint=mallory&returnUrl=/page");
        var alice = await world.LogInAsync();
        var calls = world.Provider.TokenCalls.Count;

        var answer = await alice.StepAsync(mallorys);

        (answer.Location!.AbsolutePath, answer.SetCookies.Length).ShouldBe(("/page", 0));
        world.Provider.TokenCalls.Count.ShouldBe(calls);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task A_user_who_was_asked_to_sign_in_once_more_and_did_not_is_not_led_on_as_if_they_had()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var callback = await alice.GoToCallbackAsync("/bff/login?prompt=login&returnUrl=/step-up");
        alice.Cookies.Names().Where(name => name.Contains("bff-state", StringComparison.Ordinal)).ToList().ForEach(name => alice.Cookies.Remove(name));

        var answer = await alice.StepAsync(callback);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.Body.ShouldContain("/bff/login?returnUrl=%2Fstep-up");
    }

    [Fact]
    public async Task It_goes_to_no_front_end_that_was_taken_away_meanwhile()
    {
        await using var world = await World.StartAsync(("Bff:Spa:Origins:1", "http://localhost:5999"));
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice&returnUrl=" + Uri.EscapeDataString("http://localhost:5999/page"));
        var again = await alice.GoToCallbackAsync("/bff/login?login_hint=alice&returnUrl=" + Uri.EscapeDataString("http://localhost:5999/page"));
        await world.RestartBffAsync(("Bff:Spa:Origins:1", null));

        (await alice.StepAsync(At(world, callback), accept: "text/html")).Location.ShouldBe(new Uri("http://localhost:5000/"));
        alice.Cookies.Names().Where(name => name.Contains("bff-state", StringComparison.Ordinal)).ToList().ForEach(name => alice.Cookies.Remove(name));
        var answer = await alice.StepAsync(At(world, again));

        answer.Location.ShouldBeNull();
        answer.Body.ShouldNotContain("5999");
    }

    [Fact]
    public async Task It_goes_nowhere_from_a_state_that_is_too_old_but_offers_the_way()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:IdleTimeout", "12:00:00"));
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync(LoginToPage);
        await world.LogInAsync();
        await world.AdvanceAsync(TimeSpan.FromMinutes(11));

        var answer = await alice.StepAsync(callback);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.Body.ShouldContain("Sign in again");
    }

    [Theory]
    [InlineData("iframe")]
    [InlineData("image")]
    [InlineData("empty")]
    public async Task What_a_page_loads_does_not_learn_whether_somebody_is_signed_in(string destination)
    {
        await using var world = await World.StartAsync();
        var mallorys = await world.NewBrowser().GoToCallbackAsync("/bff/login?login_hint=mallory&returnUrl=/page");
        var alice = await world.LogInAsync();

        var signedIn = await alice.SendAsync(Loaded(mallorys, destination));
        var anonymous = await world.NewBrowser().SendAsync(Loaded(mallorys, destination));

        signedIn.Status.ShouldBe(HttpStatusCode.BadRequest);
        (signedIn.Status, signedIn.Body).ShouldBe((anonymous.Status, anonymous.Body));
    }

    [Fact]
    public async Task A_strict_cookie_that_did_not_come_along_from_the_providers_site_comes_with_the_next_step()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var callback = await world.NewBrowser().GoToCallbackAsync(LoginToPage);

        var first = await world.NewBrowser().SendAsync(Tab(callback, "cross-site"));   // as the browser sends it: without the Strict cookie

        first.Status.ShouldBe(HttpStatusCode.OK, first.Body);
        var state = QueryHelpers.ParseQuery(callback.Query)["state"].ToString();
        first.Body.ShouldContain($"""content="0;url=/signin-oidc?state={Uri.EscapeDataString(state)}">""");
        first.Body.ShouldNotContain("code");
        var next = new Uri(world.Bff.Address, "/signin-oidc?state=" + Uri.EscapeDataString(state));
        (await alice.SendAsync(Tab(next, "same-origin"))).Location.ShouldBe(new Uri(Page));
        (await world.NewBrowser().SendAsync(Tab(next, "same-origin"))).Body.ShouldContain("Sign in again");
    }

    [Fact]
    public async Task A_sign_in_that_failed_for_another_reason_keeps_the_deep_link_too()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeIdToken = claims => claims["aud"] = "somebody-else";

        var answer = await world.NewBrowser().OpenAsync(LoginToPage);

        answer.ShouldSay("sign_in_failed");
        answer.Body.ShouldContain("returnUrl=http%3A%2F%2Flocalhost%3A5000%2Fdeep%2Fpage%3Fx%3D1");
    }

    [Fact]
    [Trait("Standard", "WEB-9")]
    public async Task Two_proxies_on_one_host_do_not_evict_each_others_flows()
    {
        await using var world = await World.StartAsync();
        await using var other = await World.StartAsync(("Bff:Sessions:CookieName", "__Host-other"));
        var browser = world.NewBrowser();
        var callback = await browser.GoToCallbackAsync("/bff/login?login_hint=alice");
        for (var started = 0; started < 6; started++) { await browser.StepAsync(new Uri(other.Bff.Address, "/bff/login")); }

        (await browser.StepAsync(callback)).Status.ShouldBe(HttpStatusCode.Found);

        browser.Session.ShouldNotBeNull();
    }

    [Fact]
    [Trait("Standard", "WEB-9")]
    public async Task All_cookies_of_two_proxies_fit_into_half_of_what_servers_take()
    {
        await using var world = await World.StartAsync();
        await using var other = await World.StartAsync(("Bff:Sessions:CookieName", "__Host-other"));
        var alice = await world.LogInAsync();
        for (var started = 0; started < 9; started++)
        {
            await alice.StepAsync("/bff/login");
            await alice.StepAsync(new Uri(other.Bff.Address, "/bff/login"));
        }

        alice.Cookies.Names().Count.ShouldBe(21);
        alice.Cookies.HeaderFor("localhost").Length.ShouldBeLessThan(4096 + 2048);
        var one = string.Join("; ", alice.Received.Last(answer => answer.SetCookies.Length > 0).SetCookies);
        one.Length.ShouldBeLessThan(4096);
    }

    private static Uri At(World world, Uri url) => new UriBuilder(url) { Port = world.Bff.Address.Port }.Uri;

    private static HttpRequestMessage Tab(Uri url, string site)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Add("Accept", "text/html");
        request.Headers.Add("Sec-Fetch-Dest", "document");
        request.Headers.Add("Sec-Fetch-Site", site);
        return request;
    }

    private static HttpRequestMessage Loaded(Uri url, string destination)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Add("Sec-Fetch-Dest", destination);
        request.Headers.Add("Sec-Fetch-Site", "same-site");
        return request;
    }
}
