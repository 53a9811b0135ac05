using Bff.BrowserTests.World;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests;

/// <summary>Signing out by <c>bff.logout()</c>, on pages that do what pages do when they hear that nobody is signed in.</summary>
public sealed class ScriptSignOutTests(Chromium chromium, Firefox firefox)
{
    /// <summary>A route guard.</summary>
    private const string Guard =
        """
        bff.on('sessionChanged', ({ session }) => { if (!session.isLoggedIn) bff.login(); });
        """;

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task With_the_READMEs_example_who_signs_out_is_signed_out_at_the_provider_too_in_every_tab(string engine)
    {
        await using var demo = await Demo.StartAsync(TimeSpan.FromMinutes(5));
        await using var alice = await EngineOf(engine).VisitAsync();
        await alice.SignInAsync("alice");
        var example = Documentation.Example(Demo.BffUrl);
        example.ShouldContain("location.reload()");
        await alice.Profile.RouteAsync(
            "**/app.js", route => route.FulfillAsync(new() { ContentType = "text/javascript", Body = example + "\nwindow.ready = true;" }));
        await alice.OpenAsync();
        var other = await alice.OpenTabAsync();
        foreach (var tab in new[] { alice, other })
        {
            await Eventually.HappensAsync(() => tab.RunAsync<bool>("() => window.ready === true"), "the example runs");
        }

        await alice.RunAsync<bool>("async () => { (await import('/bff.js')).logout(); return true; }");

        await Expect(alice["#password"]).ToBeVisibleAsync(); // the example asks whoever is not signed in to sign in, and the provider knows nobody any more
        await Expect(other["#password"]).ToBeVisibleAsync();
        demo.Sessions.All().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task Until_the_provider_has_heard_of_a_sign_out_no_guard_of_any_tab_signs_in_again(string engine)
    {
        await using var bff = await PretendBff.StartAsync();
        bff.Script += Guard;
        await using var alice = await EngineOf(engine).VisitAsync(url: bff.Url);
        await HearsAsync(alice, "connection live");
        var other = await alice.OpenTabAsync();
        await HearsAsync(other, "connection live");

        await alice.RunAsync<bool>("() => { window.bff.logout(); return true; }");
        await Eventually.HappensAsync(() => bff.Count("/bff/logout") == 1, "the page is on its way out");
        bff.User = null;
        await bff.TellAsync("ended", new { reason = "signed_out" });
        // Firefox cuts a leaving page's stream
        await other.RunAsync<bool>("async () => { for (const _ of [1, 2, 3]) await window.bff.getSession(); return true; }");
        await HearsAsync(other, "signedOut signed_out");
        bff.Count("/bff/login").ShouldBe(0, "the provider would sign her in again");

        var left = alice.Page.WaitForURLAsync("**/bye", new() { WaitUntil = Microsoft.Playwright.WaitUntilState.Commit });
        var guarded = other.Page.WaitForURLAsync("**/bff/login*", new() { WaitUntil = Microsoft.Playwright.WaitUntilState.Commit });
        bff.LogoutMayEnd.SetResult();
        await left;
        await guarded;
        bff.Count("/bff/logout").ShouldBe(1);
        // Chromium's driver was seen to miss that a page has loaded to which its script had sent it
        await Task.WhenAll(Array.ConvertAll([alice, other], tab => tab.Page.WaitForFunctionAsync("() => document.readyState === 'complete'")));
    }

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task A_sign_out_that_leaves_the_page_where_it_is_is_told_in_the_end(string engine)
    {
        await using var bff = await PretendBff.StartAsync();
        bff.LogoutAnswer = Results.NoContent();
        bff.LogoutMayEnd.SetResult();
        await using var alice = await EngineOf(engine).VisitAsync(url: "about:blank");
        await alice.Page.Clock.InstallAsync(new());
        await alice.Page.GotoAsync(bff.Url);
        await HearsAsync(alice, "connection live");

        await alice.RunAsync<bool>("() => { window.bff.logout(); return true; }");
        await Eventually.HappensAsync(() => bff.Count("/bff/logout") == 1, "the page is on its way out");
        bff.User = null;
        await bff.TellAsync("ended", new { reason = "signed_out" });
        await alice.RunAsync<bool>("async () => { await window.bff.getSession(); return true; }");
        (await alice.RunAsync<string[]>("() => window.heard")).ShouldNotContain("signedOut signed_out");

        await alice.Page.Clock.RunForAsync(31_000);
        await HearsAsync(alice, "signedOut signed_out");
    }

    private Engine EngineOf(string name) => name == "chromium" ? chromium : firefox;

    private static Task HearsAsync(Visitor visitor, string what) =>
        Eventually.HappensAsync(async () => (await visitor.RunAsync<string[]>("() => window.heard ?? []")).Contains(what), what);
}
