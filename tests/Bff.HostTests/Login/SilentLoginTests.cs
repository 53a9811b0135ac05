using System.Net;

namespace Bff.HostTests.Login;

public sealed class SilentLoginTests
{
    private const string Ok = "http://localhost:5000/silent?result=ok";

    [Fact]
    public async Task A_silent_sign_in_gives_the_session_new_tokens_and_shows_nothing()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var first = alice.Session;

        var end = await alice.OpenAsync("/bff/silent-login");

        end.Location.ShouldBe(new Uri(Ok));
        world.Provider.Authorizations.Last()["prompt"].ShouldBe("none");
        alice.Session.ShouldBe(first);
        world.Sessions.ShouldBe(1);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task It_brings_a_session_to_a_browser_that_is_signed_in_at_the_provider_only()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        alice.Cookies.Remove(Browser.SessionCookie);
        (await alice.OpenAsync("/bff/silent-login")).Location.ShouldBe(new Uri(Ok));
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task It_may_end_at_another_page_of_the_front_end()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        (await alice.OpenAsync("/bff/silent-login?returnUrl=" + Uri.EscapeDataString("http://localhost:5000/frame?x=1")))
            .Location.ShouldBe(new Uri("http://localhost:5000/frame?x=1&result=ok"));
    }

    [Fact]
    public async Task It_ends_at_the_silent_page_of_the_configuration()
    {
        await using var world = await World.StartAsync(("Bff:Spa:SilentPage", "http://localhost:5000/quiet.html"));
        var alice = await world.LogInAsync();
        (await alice.OpenAsync("/bff/silent-login")).Location.ShouldBe(new Uri("http://localhost:5000/quiet.html?result=ok"));
    }

    [Fact]
    public async Task A_frame_that_lost_its_cookies_on_the_way_is_told_login_required_and_no_code_is_redeemed()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var callback = await alice.GoToCallbackAsync("/bff/silent-login");
        foreach (var cookie in alice.Cookies.Names().Where(name => name.Contains("bff-state", StringComparison.Ordinal)).ToList())
        {
            alice.Cookies.Remove(cookie);
        }
        var calls = world.Provider.TokenCalls.Count;

        (await alice.StepAsync(callback)).Location.ShouldBe(Failed("login_required"));

        world.Provider.TokenCalls.Count.ShouldBe(calls);
    }

    [Fact]
    public async Task In_a_frame_the_flows_cookies_come_back_from_a_provider_on_another_site_too()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var request = alice.Bare(HttpMethod.Get, "/bff/silent-login");
        request.Headers.Add("Sec-Fetch-Dest", "iframe");
        request.Headers.Add("Sec-Fetch-Site", "same-site");
        request.Headers.Add("Referer", Browser.SpaOrigin + "/");

        var cookies = (await alice.SendAsync(request)).SetCookies;

        cookies.Length.ShouldBe(2);
        cookies.ShouldAllBe(
            cookie => cookie.Contains("samesite=none", StringComparison.OrdinalIgnoreCase) && cookie.Contains("secure", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    [Trait("Standard", "WEB-3")]
    public async Task A_frame_of_another_site_cannot_fill_the_browser_with_cookies()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var request = alice.Bare(HttpMethod.Get, "/bff/login");
        request.Headers.Add("Sec-Fetch-Dest", "iframe");
        request.Headers.Add("Sec-Fetch-Site", "cross-site");

        var cookies = (await alice.SendAsync(request)).SetCookies;

        cookies.ShouldAllBe(cookie => cookie.Contains("samesite=lax", StringComparison.OrdinalIgnoreCase), "a browser takes none of these in such a frame");
    }

    [Fact]
    [Trait("Standard", "WEB-3")]
    public async Task A_frame_of_another_site_hears_login_required_at_once()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var asked = world.Provider.Authorizations.Count;
        var request = alice.Bare(HttpMethod.Get, "/bff/silent-login");
        request.Headers.Add("Sec-Fetch-Dest", "iframe");
        request.Headers.Add("Sec-Fetch-Site", "cross-site");

        (await alice.SendAsync(request)).Location.ShouldBe(Failed("login_required"));

        world.Provider.Authorizations.Count.ShouldBe(asked);
    }

    [Fact]
    public async Task Nobody_signed_in_at_the_provider_is_login_required()
    {
        await using var world = await World.StartAsync();
        var browser = world.NewBrowser();
        (await browser.OpenAsync("/bff/silent-login")).Location.ShouldBe(Failed("login_required"));
        browser.Session.ShouldBeNull();
    }

    [Theory]
    [InlineData("login_required", "login_required")]
    [InlineData("consent_required", "consent_required")]
    [InlineData("interaction_required", "interaction_required")]
    [InlineData("account_selection_required", "account_selection_required")]
    [InlineData("access_denied", "access_denied")]
    [InlineData("weather", "weather")]
    [InlineData("bad weather", "sign_in_failed")]
    public async Task The_providers_word_reaches_the_silent_page_and_the_session_stays(string error, string word)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.SilentError = error;

        (await alice.OpenAsync("/bff/silent-login")).Location.ShouldBe(Failed(word));

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task A_provider_that_is_down_is_said_at_the_silent_page()
    {
        await using var world = await World.StartAsync();
        world.Provider.GoDown();
        (await world.NewBrowser().OpenAsync("/bff/silent-login")).Location.ShouldBe(Failed("idp_unavailable"));
    }

    [Fact]
    public async Task Somebody_else_at_the_provider_is_login_required_and_the_user_under_the_page_stays()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var key = alice.Session;
        alice.Cookies.Set("idp", "bob", new Uri(world.Provider.Issuer).Host);

        (await alice.OpenAsync("/bff/silent-login")).Location.ShouldBe(Failed("login_required"));

        alice.Session.ShouldBe(key);
        world.Sessions.ShouldBe(1);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    [Trait("Standard", "ASVS-11")]
    public async Task Nothing_on_its_way_forbids_the_frame_it_lives_in()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var before = alice.Received.Count;

        await alice.OpenAsync("/bff/silent-login");

        alice.Received.Skip(before).ShouldAllBe(answer => answer.Header("X-Frame-Options") == null && answer.Header("Content-Security-Policy") == null);
    }

    [Fact]
    public async Task It_brings_no_refresh_token_and_the_session_keeps_the_one_it_has()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.GivesRefreshTokens = false;
        (await alice.OpenAsync("/bff/silent-login")).Location.ShouldBe(new Uri(Ok));
        (await alice.GetAsync("/bff/session")).Text("renewal").ShouldBe("background");
    }

    [Fact]
    public async Task A_session_that_ended_meanwhile_is_not_brought_back()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var callback = await alice.GoToCallbackAsync("/bff/silent-login");
        await alice.PostAsync("/bff/logout");

        (await alice.OpenAsync(callback)).Location.ShouldBe(Failed("login_required"));

        world.Sessions.ShouldBe(0);
        alice.Session.ShouldBeNull();
    }

    [Fact]
    [Trait("Standard", "ASVS-2")]
    public async Task Silent_sign_ins_keep_no_session_from_its_idle_end()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:IdleTimeout", "00:10:00"));
        world.Provider.GivesRefreshTokens = false;
        var alice = await world.LogInAsync();
        for (var minute = 4; minute <= 8; minute += 4)
        {
            await world.AdvanceAsync(TimeSpan.FromMinutes(4));
            (await alice.OpenAsync("/bff/silent-login")).Location.ShouldBe(new Uri(Ok));
        }

        await world.AdvanceAsync(TimeSpan.FromMinutes(2));

        (await alice.GetAsync("/bff/session")).Json.GetProperty("isLoggedIn").GetBoolean().ShouldBeFalse();
    }

    public static TheoryData<string> Defects =>
        ["wrong id_token", "no id_token", "strange token_type", "wrong issuer", "token endpoint breaks", "token endpoint refuses"];

    [Theory]
    [MemberData(nameof(Defects))]
    public async Task Whatever_goes_wrong_the_silent_page_learns_that_something_did(string defect)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        switch (defect)
        {
            case "wrong id_token": world.Provider.WriteIdToken = Jwt.Unsigned; break;
            case "no id_token": world.Provider.ShapeTokenAnswer = answer => answer.Remove("id_token"); break;
            case "strange token_type": world.Provider.ShapeTokenAnswer = answer => answer["token_type"] = "mac"; break;
            case "wrong issuer": world.Provider.ShapeAuthorizeAnswer = answer => answer["iss"] = "https://evil.example"; break;
            case "token endpoint breaks": world.Provider.Faults.ResetConnections(); break;
            case "token endpoint refuses": world.Provider.Faults.AnswerWith(400, """{"error":"invalid_grant"}"""); break;
        }

        var end = await alice.OpenAsync("/bff/silent-login");

        end.Status.ShouldBe(HttpStatusCode.Found, end.Body);
        end.Location!.AbsoluteUri.ShouldStartWith("http://localhost:5000/silent?result=error&error=");
        (await alice.GetAsync("/bff/session")).Json.GetProperty("isLoggedIn").GetBoolean().ShouldBeTrue();
    }

    private static Uri Failed(string error) => new("http://localhost:5000/silent?result=error&error=" + error);
}
