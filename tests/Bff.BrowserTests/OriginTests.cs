using Bff.BrowserTests.World;
using Microsoft.Playwright;

namespace Bff.BrowserTests;

public sealed class OriginTests(Chromium chromium)
{
    private static readonly (string Method, string Path)[] Calls =
        [("GET", "/api/private"), ("GET", "/bff/user"), ("GET", "/bff/session"), ("POST", "/bff/renew"), ("POST", "/bff/logout")];

    [Fact]
    [Trait("Standard", "BBA-3")]
    [Trait("Standard", "BBA-4")]
    [Trait("Standard", "BBA-5")]
    public async Task The_session_cookie_is_out_of_reach_for_scripts_and_other_sites()
    {
        await using var demo = await Demo.StartAsync();
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");

        var cookie = (await alice.CookieAsync("__Host-bff")).ShouldNotBeNull();
        cookie.HttpOnly.ShouldBeTrue();
        cookie.Secure.ShouldBeTrue();
        cookie.SameSite.ShouldBe(SameSiteAttribute.Strict);
        (cookie.Domain, cookie.Path, cookie.Expires).ShouldBe(("localhost", "/", -1));
        (await alice.Profile.CookiesAsync()).ShouldAllBe(each => each.HttpOnly);
        (await alice.RunAsync<string>("() => document.cookie")).ShouldBeEmpty();
    }

    [Fact]
    [Trait("Standard", "BBA-10")]
    public async Task A_page_of_another_origin_can_neither_read_nor_change_anything()
    {
        await using var demo = await Demo.StartAsync(tokenLifetime: TimeSpan.FromMinutes(5));
        await using var wire = await Wiretap.StartAsync();
        await using var alice = await chromium.VisitAsync(proxy: wire.Address);
        await alice.SignInAsync("alice");
        await using var strange = await StrangePage.StartAsync();

        await TryAllAsync(alice, wire, host: "localhost", cookieIsSent: true); // another port is the same site to a browser
        await TryAllAsync(alice, wire, host: "127.0.0.1", cookieIsSent: false);

        await alice.Page.ReloadAsync();
        await alice.SeesStateAsync("signed-in");
        (await Diary.ReadAsync()).Refreshed.ShouldBe(0);
    }

    [Fact]
    [Trait("Standard", "SEC-1")]
    public async Task A_sign_in_that_would_end_at_a_strangers_page_is_refused_in_words()
    {
        await using var demo = await Demo.StartAsync();
        await using var visitor = await chromium.VisitAsync();

        foreach (var returnUrl in new[] { "//evil.example", "/\\evil.example", "https://evil.example/", Demo.PageUrl + ".evil.example/" })
        {
            var answer = await visitor.Page.GotoAsync($"{Demo.BffUrl}/bff/login?returnUrl={Uri.EscapeDataString(returnUrl)}");

            answer!.Status.ShouldBe(400, returnUrl);
            visitor.Page.Url.ShouldStartWith(Demo.BffUrl);
            (await visitor["h1"].InnerTextAsync()).ShouldBe("This return URL is not allowed.");
        }

        await visitor.PoseAsync("return-url-refused");
    }

    private static async Task TryAllAsync(Visitor visitor, Wiretap wire, string host, bool cookieIsSent)
    {
        var page = await visitor.Profile.OpenAsync();
        await page.GotoAsync($"http://{host}:{StrangePage.Port}");
        foreach (var (method, path) in Calls)
        {
            (await FetchAsync(page, method, path)).ShouldBe("TypeError");
            var call = wire.Exchanges.Last(exchange => exchange.Url == Demo.BffUrl + path);
            (call.Method, call.Status).ShouldBe((method, 403));
            call.Request.Contains(Visitor.SessionCookie + "=", StringComparison.Ordinal).ShouldBe(cookieIsSent);
            AllowedTo(call.Answer).ShouldBe(["Access-Control-Allow-Origin: *"]); // by which a browser shows nothing to who sends cookies

            (await FetchAsync(page, method, path, csrf: true)).ShouldBe("TypeError");
            wire.Exchanges.Last(exchange => exchange.Url == Demo.BffUrl + path).Method.ShouldBe("OPTIONS"); // it got no further
        }

        await page.CloseAsync();
    }

    private static IEnumerable<string> AllowedTo(string answer) =>
        answer.Split('\n', StringSplitOptions.TrimEntries).Where(line => line.StartsWith("Access-Control", StringComparison.Ordinal));

    /// <returns>What the script gets to see: a body, or an error's name.</returns>
    private static Task<string> FetchAsync(IPage page, string method, string path, bool csrf = false) => page.EvaluateAsync<string>(
        """
        ({ url, method, csrf }) => fetch(url, { method, credentials: 'include', headers: csrf ? { 'X-CSRF': '1' } : {} })
          .then((answer) => answer.text(), (error) => error.name)
        """,
        new { url = Demo.BffUrl + path, method, csrf }).WaitAsync(Eventually.Deadline, TimeProvider.System);
}
