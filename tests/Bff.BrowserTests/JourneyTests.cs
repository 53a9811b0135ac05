using System.Diagnostics;
using System.Net;
using Bff.BrowserTests.World;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests;

/// <summary>What every user does, in every engine.</summary>
public sealed class JourneyTests(
    Chromium chromium, Firefox firefox, ChromiumWithoutThirdPartyCookies strictChromium, FirefoxWithoutThirdPartyCookies strictFirefox)
{
    private const string ScopeWithoutRefreshToken = "openid profile email read:messages";

    private static readonly (string, string) NoRefreshToken = ("Bff__Oidc__Scope", ScopeWithoutRefreshToken);

    /// <summary>A page that is told by nobody asks by itself, after twenty seconds at the soonest.</summary>
    internal static readonly TimeSpan SoonerThanByAsking = TimeSpan.FromSeconds(15);

    private readonly Engines _engines = new(chromium, firefox, strictChromium, strictFirefox);

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task Sign_in_five_apis_a_renewal_by_hand_and_one_in_the_background(string engine)
    {
        await using var demo = await Demo.StartAsync();
        await using var alice = await _engines[engine].VisitAsync();
        await alice.SignInAsync("alice");
        (await alice.CallApiAsync("public")).ShouldBe(200);
        (await alice.CallApiAsync("private")).ShouldBe(200);
        (await alice.CallApiAsync("scoped")).ShouldBe(200);

        var expiry = await alice.ExpiryAsync();
        await alice["#renew"].ClickAsync();
        await Eventually.HappensAsync(async () => await alice.ExpiryAsync() > expiry, "the token is a newer one");
        await alice.SeesRenewalsAsync(2);

        (await alice.CallApiAsync("private")).ShouldBe(200);
        await demo.SawOneRefreshPerRenewalAsync();

        // Two more APIs want other tokens: one of this session for the orders alone, and the application's own.
        (await alice.CallApiAsync("orders")).ShouldBe(200);
        (await alice.CallApiAsync("machine")).ShouldBe(200);
        (await alice.CallApiAsync("private")).ShouldBe(200);
        alice.Faults.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task A_session_without_refresh_token_is_renewed_by_the_page(string engine)
    {
        await using var demo = await Demo.StartAsync(bffSettings: NoRefreshToken);
        await using var alice = await _engines[engine].VisitAsync();
        await alice.SignInAsync("alice");
        await alice.SeesRenewalsAsync(2);
        (await alice.CallApiAsync("scoped")).ShouldBe(200);
        await Expect(alice["iframe"]).ToHaveCountAsync(0);
        alice.Faults.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task One_tab_hears_for_all_and_hands_over_when_it_is_closed(string engine)
    {
        await using var demo = await Demo.StartAsync();
        await using var alice = await _engines[engine].VisitAsync();
        var streams = alice.Requests("/bff/events");
        await alice.SignInAsync("alice");
        await Eventually.HappensAsync(() => !streams.IsEmpty, "the first tab listens");

        await using var second = await alice.OpenTabAsync();
        var itsStreams = second.Requests("/bff/events");
        await second.SeesStateAsync("signed-in");
        await second.SeesRenewalsAsync(1);
        itsStreams.ShouldBeEmpty("one stream is enough");

        await alice.Page.CloseAsync();
        await Eventually.HappensAsync(() => !itsStreams.IsEmpty, "the second tab listens now");
        await second.SeesRenewalsAsync(await second.RenewalsSeenAsync() + 1);
        second.Faults.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task However_a_session_ends_all_tabs_know_at_once(string engine)
    {
        await using var demo = await Demo.StartAsync(tokenLifetime: TimeSpan.FromMinutes(5));
        await using var alice = await _engines[engine].VisitAsync();
        await alice.SignInAsync("alice");
        await using var second = await alice.OpenTabAsync();
        await using var third = await alice.OpenTabAsync();
        await second.SeesStateAsync("signed-in");
        await third.SeesStateAsync("signed-in");
        await third.SeesTheStreamAsync();

        await EndElsewhereAsync(alice);
        var ended = Stopwatch.GetTimestamp();
        foreach (var tab in new[] { alice, second, third }) { await tab.SeesStateAsync("signed-out"); }
        Stopwatch.GetElapsedTime(ended).ShouldBeLessThan(SoonerThanByAsking);
        await Expect(second["#message"]).ToContainTextAsync("signed out");

        // By the button in one tab. (The provider knows her still.)
        await alice["#login"].ClickAsync();
        await alice.SeesStateAsync("signed-in");
        await second.SeesStateAsync("signed-in");
        await third.SeesStateAsync("signed-in");
        await second["#logout"].ClickAsync();
        await Eventually.HappensAsync(() => demo.Sessions.All().Count == 0);
        ended = Stopwatch.GetTimestamp();
        await alice.SeesStateAsync("signed-out");
        await third.SeesStateAsync("signed-out");
        Stopwatch.GetElapsedTime(ended).ShouldBeLessThan(SoonerThanByAsking);
        alice.Faults.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task A_provider_that_goes_and_comes_back_signs_nobody_out(string engine)
    {
        await using var demo = await Demo.StartAsync();
        await using var alice = await _engines[engine].VisitAsync();
        await alice.SignInAsync("alice");
        await demo.Provider.KillAsync();
        await alice.SeesStateAsync("provider-down");
        await Expect(alice["#state-title"]).ToHaveTextAsync("You stay signed in");

        await demo.Provider.StartAsync();
        await alice.SeesStateAsync("signed-in");
        (await alice.CallApiAsync("private")).ShouldBe(200);
        alice.Faults.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task Page_and_API_at_one_origin(string engine)
    {
        await using var demo = await Demo.StartAsync(bffSettings: [NoRefreshToken, ("Bff__Spa__Url", Demo.ThePage)]);
        await using var alice = await _engines[engine].VisitAsync(url: Demo.BffUrl + "/orders/17?view=all");
        await alice.SignInAsync("alice");
        new Uri(alice.Page.Url).PathAndQuery.ShouldBe("/orders/17?view=all");
        (await alice.CallApiAsync("scoped")).ShouldBe(200);
        await alice.SeesRenewalsAsync(1);   // through http://…:3001/silent

        (await alice.CallAsync("/api/unknown")).ShouldBe(404);
        (await alice.RunAsync<string>("async () => (await (await import('/bff.js')).fetch('/bff/unknown')).text()")).ShouldContain("not_found");
        await alice["#logout"].ClickAsync();
        await alice.SeesStateAsync("signed-out");
        alice.Page.Url.ShouldStartWith(Demo.BffUrl);
        alice.Faults.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task A_provider_on_another_site_renews_in_the_background_all_the_same(string engine)
    {
        await using var demo = await Demo.StartWithForeignProviderAsync();
        await using var alice = await _engines.WithoutThirdPartyCookies(engine).VisitAsync();
        await alice.SignInAsync("alice");
        await alice.SeesRenewalsAsync(1);
        (await alice.CallApiAsync("private")).ShouldBe(200);
        alice.Faults.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("chromium", true)]
    [InlineData("chromium", false)]
    [InlineData("firefox", true)]
    [InlineData("firefox", false)]
    public async Task Where_the_frame_gets_no_cookie_the_page_says_login_required_and_the_whole_window_can_still_be_asked(string engine, bool blocked)
    {
        await using var demo = await Demo.StartWithForeignProviderAsync(NoRefreshToken);
        await using var alice = await (blocked ? _engines.WithoutThirdPartyCookies(engine) : _engines[engine]).VisitAsync();
        await alice.SignInAsync("alice");

        var said = await alice.RunAsync<string[]>("async () => (await import('/bff.js')).silentLogin().then(() => ['ok'], ({ code, hint }) => [code, hint])");
        said[0].ShouldBe("login_required");
        said[1].ShouldContain("third-party cookies");
        await Expect(alice["#message[data-kind=warning]"]).ToContainTextAsync("third-party cookies"); // the page's own try, before expiry

        var before = demo.Sessions.Only().Tokens.AccessToken;
        await alice.RunAsync<bool>("async () => { (await import('/bff.js')).login({ prompt: 'none' }); return true; }");
        await Eventually.HappensAsync(() => demo.Sessions.All() is [{ Tokens.AccessToken: var now }] && now != before, "a new token, and nobody was asked");
        await alice.SeesStateAsync("signed-in");
        (await alice.CallApiAsync("private")).ShouldBe(200);

        // And when the provider has forgotten the user, the way back brings the word.
        await alice.Profile.ClearCookiesAsync(new() { Domain = "127.0.0.1" });
        await alice.RunAsync<bool>("async () => { (await import('/bff.js')).login({ prompt: 'none' }); return true; }");
        await Expect(alice["#message[data-kind=warning]"]).ToBeVisibleAsync();
        alice.Page.Url.ShouldNotContain("error=");
    }

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task A_machine_that_slept_an_hour_goes_on_at_once(string engine)
    {
        await using var demo = await Demo.StartAsync(tokenLifetime: TimeSpan.FromMinutes(5));
        await using var alice = await _engines[engine].VisitAsync();
        await alice.SignInAsync("alice");
        await alice.Page.Clock.InstallAsync(new());
        await alice.OpenAsync();
        await alice.SeesStateAsync("signed-in");

        await alice.Page.Clock.FastForwardAsync("01:00:00");
        await alice.Page.Clock.RunForAsync(2_000);
        await alice.SeesStateAsync("signed-in");
        (await alice.ExpiryAsync()).ShouldBe(demo.Sessions.Only().Tokens.ExpiresAt, TimeSpan.FromSeconds(1));
        await Expect(alice["#message"]).ToBeEmptyAsync();

        // The network sleeps too, and the session ends meanwhile.
        await alice.Profile.SetOfflineAsync(true);
        await EndElsewhereAsync(alice);
        await alice.Page.Clock.FastForwardAsync("01:00:00");
        await alice.Profile.SetOfflineAsync(false);
        await alice.Page.Clock.RunForAsync(1_000);
        await alice.SeesStateAsync("signed-out");
        alice.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task Whatever_the_demo_can_fetch_by_script_and_without_is_there_across_renewals_and_ends_with_the_session()
    {
        await using var demo = await Demo.StartAsync();
        await using var alice = await chromium.VisitAsync();
        const string Address = "/api/pages/hello?from=a%2Fmail&n=1";
        await alice.Page.GotoAsync(Demo.BffUrl + Address);
        await alice["#username"].FillAsync("alice");
        await alice["#password"].FillAsync("alice");
        await alice["#login-submit"].ClickAsync();
        await Expect(alice["#consent-form, #address"]).ToBeVisibleAsync();
        if (await alice["#consent-allow"].IsVisibleAsync()) { await alice["#consent-allow"].ClickAsync(); }
        await Expect(alice["#address"]).ToHaveTextAsync(Address);
        alice.Page.Url.ShouldBe(Demo.BffUrl + Address);

        await alice.OpenAsync();
        await alice.SeesStateAsync("signed-in");
        await alice["#show-picture"].ClickAsync();
        await Expect(alice["#picture-says"]).ToHaveTextAsync("The picture is here.");
        await alice["#watch-clock"].ClickAsync();
        await Expect(alice["#clock-says"]).ToContainTextAsync("UTC");
        for (var renewals = 0; renewals <= 3; renewals++)
        {
            if (renewals > 0) { await alice["#renew"].ClickAsync(); }
            await alice.SeesRenewalsAsync(renewals);

            // The API looks at audience and scope of each token.
            foreach (var api in new[] { "private", "orders", "machine" }) { (await alice.CallApiAsync(api)).ShouldBe(200, api); }
            await alice["#ask-echo"].ClickAsync();
            await Expect(alice["#echo-says"]).ToHaveTextAsync("The echo says hello.");
            var file = await alice.Page.RunAndWaitForDownloadAsync(() => alice["#report"].ClickAsync());
            (file.SuggestedFilename, await file.FailureAsync()).ShouldBe(("report.txt", null));
            var page = await alice.Profile.OpenAsync();
            await page.GotoAsync(Demo.BffUrl + Address);
            await Expect(page.Locator("#address")).ToHaveTextAsync(Address);
            await page.CloseAsync();
            await Expect(alice["#clock-says"]).Not.ToHaveTextAsync(await alice["#clock-says"].InnerTextAsync());   // goes on
        }

        await EndElsewhereAsync(alice);
        await Expect(alice["#echo-says"]).ToHaveTextAsync("The echo has gone: 1008 session_ended");
        await Expect(alice["#clock-says"]).ToHaveTextAsync("The clock has stopped.");
        alice.Faults.ShouldBeEmpty();
    }

    /// <summary>A script outside of this browser that has its cookie signs out.</summary>
    internal static async Task EndElsewhereAsync(Visitor visitor)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false });
        http.DefaultRequestHeaders.Add("X-CSRF", "1");
        http.DefaultRequestHeaders.Add("Cookie", $"{Visitor.SessionCookie}={(await visitor.CookieAsync())!.Value}");
        using var answer = await http.PostAsync(new Uri(Demo.BffUrl + "/bff/logout"), null);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
