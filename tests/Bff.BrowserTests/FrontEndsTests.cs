using System.Net;
using System.Text.Json.Nodes;
using Bff.BrowserTests.World;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests;

/// <summary>Two front ends of one origin, told by their path: browsers keep nothing of such pages apart, so everything that does is ours.</summary>
public sealed class FrontEndsTests(
    Chromium chromium, Firefox firefox, ChromiumWithoutThirdPartyCookies strictChromium, FirefoxWithoutThirdPartyCookies strictFirefox)
{
    private const string ScopeWithoutRefreshToken = "openid profile email read:messages";

    private readonly Engines _engines = new(chromium, firefox, strictChromium, strictFirefox);

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task Who_is_signed_in_at_both_has_two_sessions_that_know_nothing_of_each_other(string engine)
    {
        await using var two = await TwoFrontEnds.StartAsync();
        await using var page = await _engines[engine].VisitAsync(url: two.PublicUrl + "/");
        await page.SignInAsync("alice");
        await using var office = await page.OpenTabAsync();
        var streams = office.Requests("/office/bff/events");
        await office.Page.GotoAsync(two.OfficeUrl + "/orders/17");
        await Expect(office.Page).ToHaveTitleAsync("Back office · Bff");
        await office.SignInAsync("bob");

        new Uri(office.Page.Url).AbsolutePath.ShouldBe("/office/orders/17");
        await Expect(office["#user-name"]).ToHaveTextAsync("Bob Brown");
        await Expect(page["#user-name"]).ToHaveTextAsync("Alice Adams");
        (await office.CallApiAsync("private")).ShouldBe(200);
        (await office.CallApiAsync("scoped")).ShouldBe(403);   // of bob's API: alice's would say 200
        (await page.CallApiAsync("scoped")).ShouldBe(200);
        await Eventually.HappensAsync(() => !streams.IsEmpty, "the office has a stream of its own");
        await office.SeesRenewalsAsync(1);
        await page.SeesRenewalsAsync(1);

        // The script that Bff serves below the path knows where it is.
        (await office.RunAsync<string>("async () => (await (await import('/office/bff/bff.js')).getSession()).name")).ShouldBe("Bob Brown");
        (await office.RunAsync<string>("async () => (await (await import('/bff/bff.js')).getSession()).name")).ShouldBe("Alice Adams");

        // A cookie under the other's name is worth nothing.
        var (ofPage, ofOffice) = ((await page.CookieAsync())!.Value, (await office.CookieAsync(TwoFrontEnds.OfficeCookie))!.Value);
        (await StatusAsync(two.PublicUrl, Visitor.SessionCookie, ofPage)).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(two.OfficeUrl, TwoFrontEnds.OfficeCookie, ofOffice)).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(two.PublicUrl, Visitor.SessionCookie, ofOffice)).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(two.OfficeUrl, TwoFrontEnds.OfficeCookie, ofPage)).ShouldBe(HttpStatusCode.Unauthorized);

        // To sign out of one is to sign out of one, here and at its provider.
        await office["#logout"].ClickAsync();
        await office.SeesStateAsync("signed-out");
        office.Page.Url.ShouldStartWith(two.OfficeUrl);
        (await office.CookieAsync(TwoFrontEnds.OfficeCookie)).ShouldBeNull();
        await page.SeesRenewalsAsync(await page.RenewalsSeenAsync() + 1);
        await page.SeesStateAsync("signed-in");
        await office["#login"].ClickAsync();
        await Expect(office["#password"]).ToBeVisibleAsync();

        await page["#logout"].ClickAsync();
        await page.SeesStateAsync("signed-out");
        page.Faults.Concat(office.Faults).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task Behind_a_proxy_that_takes_the_path_off_a_page_signs_in_calls_renews_silently_and_signs_out(string engine)
    {
        await using var nginx = new StrippingProxy(Demo.BffUrl, "/office");
        await using var two = await TwoFrontEnds.StartAsync(
            nginx.Url, ("Bff__Oidc__Scope", ScopeWithoutRefreshToken), ("Bff__Providers__staff__Scope", ScopeWithoutRefreshToken));
        await using var office = await _engines[engine].VisitAsync(url: two.OfficeUrl + "/");
        var streams = office.Requests("/office/bff/events");
        await office.SignInAsync("alice");
        (await office.CallApiAsync("scoped")).ShouldBe(200);
        await office.SeesRenewalsAsync(2);
        await Eventually.HappensAsync(() => !streams.IsEmpty, "there is a stream");
        await office.SeesTheStreamAsync();

        await using var page = await office.OpenTabAsync();
        await page.Page.GotoAsync(two.PublicUrl + "/");
        await page.SignInAsync("alice");
        await page.SeesRenewalsAsync(1);

        await using var second = await office.OpenTabAsync();
        await second.SeesStateAsync("signed-in");
        await second["#logout"].ClickAsync();
        await second.SeesStateAsync("signed-out");
        await office.SeesStateAsync("signed-out");
        await page.SeesStateAsync("signed-in");
        office.Faults.Concat(page.Faults).Concat(second.Faults).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_third_front_end_is_there_as_soon_as_the_file_says_so_and_lets_its_page_choose_the_provider()
    {
        await using var two = await TwoFrontEnds.StartAsync();
        await using var alice = await chromium.VisitAsync(url: two.OfficeUrl + "/");
        await alice.SignInAsync("alice");

        two.AddFrontEnd("third", new JsonObject { ["PathBase"] = "/third", ["Provider"] = "default staff", ["Url"] = Demo.PageUrl });
        await Eventually.HappensAsync(() => IsThereAsync(two.ThirdUrl, "<title>Third"), "the third front end is there");

        await using var third = await alice.OpenTabAsync();
        await third.Page.GotoAsync(two.ThirdUrl + "/");
        await third.SignInAsync("bob");
        await Expect(third.Page).ToHaveTitleAsync("Third · Bff");
        (await third.CallApiAsync("private")).ShouldBe(200);
        await alice.SeesStateAsync("signed-in");
        await Expect(alice["#user-name"]).ToHaveTextAsync("Alice Adams");

        // Alice is signed in at the staff's provider, which asks her only whether it may tell.
        await third.RunAsync<bool>("async () => { (await import('/third/bff/bff.js')).login({ provider: 'staff' }); return true; }");
        await Expect(third["#user-name"]).ToHaveTextAsync("Alice Adams");
        third.Page.Url.ShouldStartWith(two.ThirdUrl);
        alice.Faults.Concat(third.Faults).ShouldBeEmpty();
    }

    /// <summary>Until Bff knows it, the front end without a name serves its page there.</summary>
    private static async Task<bool> IsThereAsync(string frontEnd, string title)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(frontEnd + "/"));
        return (await answer.Content.ReadAsStringAsync()).Contains(title, StringComparison.Ordinal);
    }

    /// <summary>Somebody who has a cookie's value, outside of any browser.</summary>
    private static async Task<HttpStatusCode> StatusAsync(string frontEnd, string cookie, string value)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false });
        http.DefaultRequestHeaders.Add("X-CSRF", "1");
        http.DefaultRequestHeaders.Add("Cookie", $"{cookie}={value}");
        using var answer = await http.GetAsync(new Uri(frontEnd + "/api/private"));
        return answer.StatusCode;
    }
}
