using System.Net;

namespace Bff.HostTests.Login;

[Trait("Standard", "SEC-1")]
public sealed class ReturnUrlTests
{
    public static TheoryData<string> EvilUrls =>
    [
        "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example", "/\t/evil.example", "\t//evil.example",
        "/\n/evil.example", "/\r\n/evil.example", "/page\r\nSet-Cookie: a=b", " //evil.example", "//evil.example\0",
        "%2F%2Fevil.example", "%5C%5Cevil.example", "evil.example", "http:evil.example", "http:/evil.example", "http:///evil.example", "https://evil.example/",
        "http://evil.example/http://localhost:5000/", "http://localhost:5000@evil.example/", "http://user:word@localhost:5000/",
        "http://localhost:5000\\@evil.example/",
        "https://localhost:5000/",
        "ftp://localhost:5000/", "javascript:alert(1)", "data:text/html,x", "http://localhost:5001/", "http://localhost/", "http://127.0.0.1:5000/",
        "http://localhost:5000.evil.example/", "http://localhost:50000/", "http://localhost.evil.example:5000/", "http://sub.localhost:5000/",
        "http://localhost:5000%2eevil.example/",
        "http://localhost:5000:80/", "?//evil.example", "#//evil.example", "x:y", "/page\\x", "http://localhost:5000/page\\x", "/page\u0085x",
        "http://\u200Blocalhost:5000@evil.example/",
        "http://localhost:5000\uFF0Fevil.example/", "http://localhost\uFF1A5000.evil.example/", "http://localhost:5000;evil.example/", "\u00FC",
        "http://l\u00F6calhost:5000/",
    ];

    public static TheoryData<string> GoodUrls =>
        ["/", "/page", "/page?next=//evil.example", "http://localhost:5000", "http://localhost:5000/", "http://localhost:5000/deep/page?x=1&y=2#part"];

    [Fact]
    public async Task Nothing_leads_away_from_here_and_the_front_ends_at_sign_in()
    {
        await using var world = await World.StartAsync();
        var browser = world.NewBrowser();
        foreach (var url in EvilUrls.Select(row => row.Data))
        {
            await RefusedAsync(browser, "/bff/login", url);
            await RefusedAsync(browser, "/bff/silent-login", url);
        }

        world.Provider.Authorizations.ShouldBeEmpty();
    }

    [Fact]
    public async Task Nothing_leads_away_from_here_and_the_front_ends_at_sign_out()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var logout = (await alice.GetAsync("/bff/session")).Text("logoutUrl")!;
        foreach (var url in EvilUrls.Select(row => row.Data))
        {
            await RefusedAsync(alice, logout, url);
            await RefusedAsync(world.NewBrowser(), "/bff/logout", url);
            (await alice.PostAsync("/bff/logout?returnUrl=" + Uri.EscapeDataString(url))).ShouldBeProblem(400, "invalid_return_url");
        }

        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [MemberData(nameof(GoodUrls))]
    public async Task A_page_here_or_of_a_front_end_is_where_a_sign_in_and_a_sign_out_end(string url)
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        var target = new Uri(world.Bff.Address, url);
        var query = "returnUrl=" + Uri.EscapeDataString(url);

        (await LastStopAsync(alice, "/bff/login?" + query)).ShouldBe(target);
        (await alice.GetAsync("/bff/session")).Text("logoutUrl").ShouldNotBeNull();
        (await LastStopAsync(alice, $"{(await alice.GetAsync("/bff/session")).Text("logoutUrl")}&{query}")).ShouldBe(target);
    }

    /// <summary>What people paste into an address bar, and what a browser makes of it (WHATWG URL Standard).</summary>
    [Theory]
    [InlineData("/käse", "/k%C3%A4se")]
    [InlineData("/a b", "/a%20b")]
    [InlineData("/page?name=Müller&x=a b", "/page?name=M%C3%BCller&x=a%20b")]
    [InlineData("/page?file=C:\\temp", "/page?file=C:%5Ctemp")]
    [InlineData("/page#teil-\u00FC \\", "/page#teil-%C3%BC%20%5C")]
    [InlineData("http://localhost:5000/\uD83D\uDE00?q=<\">", "http://localhost:5000/%F0%9F%98%80?q=%3C%22%3E")]
    [InlineData("/already%20encoded?x=%C3%BC", "/already%20encoded?x=%C3%BC")]
    [InlineData("/ /evil.example", "/%20/evil.example")]
    [InlineData("HTTP://LOCALHOST:5000/Page", "http://localhost:5000/Page")]
    public async Task An_address_is_used_as_an_address_bar_would(string asked, string used)
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        var query = "returnUrl=" + Uri.EscapeDataString(asked);

        await LastStopAsync(alice, "/bff/login?" + query);
        alice.Received.ShouldContain(answer => answer.Header("Location") == used);
        await LastStopAsync(alice, $"{(await alice.GetAsync("/bff/session")).Text("logoutUrl")}&{query}");
        alice.Received.Count(answer => answer.Header("Location") == used).ShouldBe(2);
    }

    private static async Task RefusedAsync(Browser browser, string path, string url)
    {
        var answer = await browser.StepAsync(
            $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}returnUrl={Uri.EscapeDataString(url)}", accept: "*/*");
        ((int)answer.Status, answer.Location).ShouldBe((400, null), url);
        answer.Code.ShouldBe("invalid_return_url", url);
    }

    /// <summary>Follows to the return URL: outside our world the redirect to it is the last answer, inside it is the page itself.</summary>
    private static async Task<Uri> LastStopAsync(Browser browser, string path)
    {
        var answer = await browser.OpenAsync(path);
        return answer.Location ?? answer.Url;
    }
}
