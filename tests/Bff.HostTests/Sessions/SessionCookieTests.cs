using System.Net;

namespace Bff.HostTests.Sessions;

public sealed class SessionCookieTests
{
    [Fact]
    [Trait("Standard", "BBA-3"), Trait("Standard", "BBA-4"), Trait("Standard", "BBA-5"), Trait("Standard", "BBA-6"), Trait("Standard", "BBA-7")]
    [Trait("Standard", "BBA-8")]
    public async Task The_cookie_is_secure_http_only_strict_host_only_and_ends_with_the_browser()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        Attributes(alice).ShouldBe(["httponly", "path=/", "samesite=strict", "secure"]);
    }

    [Fact]
    [Trait("Standard", "BBA-5")]
    public async Task The_cookie_may_be_lax_by_configuration()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:CookieSameSite", "Lax"));
        var alice = await world.LogInAsync();
        Attributes(alice).ShouldContain("samesite=lax");
    }

    [Fact]
    [Trait("Standard", "BBA-9")]
    public async Task The_cookie_is_an_opaque_key_that_is_different_each_time()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var bob = await world.LogInAsync("bob");
        alice.Session!.Length.ShouldBe(43);
        bob.Session.ShouldNotBe(alice.Session);
    }

    [Fact]
    public async Task The_cookie_may_have_another_name()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:CookieName", "__Host-shop"));
        var alice = world.NewBrowser();
        await alice.OpenAsync("/bff/login");
        alice.Cookies.Names().ShouldContain("__Host-shop");
        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("rubbish")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("\"quoted\"")]
    [InlineData("%00%ff")]
    public async Task A_rubbish_cookie_is_nobody_and_no_error(string rubbish)
    {
        await using var world = await World.StartAsync();
        var browser = world.NewBrowser();
        browser.Cookies.Set(Browser.SessionCookie, rubbish);

        (await browser.GetAsync("/bff/session")).Json.GetProperty("isLoggedIn").GetBoolean().ShouldBeFalse();
        (await browser.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
    }

    [Fact]
    public async Task A_cookie_of_many_kilobytes_is_nobody_and_no_error()
    {
        await using var world = await World.StartAsync();
        var browser = world.NewBrowser();
        browser.Cookies.Set(Browser.SessionCookie, new string('x', 8000));
        (await browser.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
    }

    private static IEnumerable<string> Attributes(Browser browser) =>
        browser.Received.Last(answer => answer.SetCookies.Length > 0).SetCookie(Browser.SessionCookie)
            .Split(';', StringSplitOptions.TrimEntries).Skip(1).Order(StringComparer.Ordinal);
}
