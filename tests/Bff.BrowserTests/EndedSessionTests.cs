using Bff.BrowserTests.World;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests;

/// <summary>
/// What the next call does when the session is gone. The provider knows the user all the time, so a silent sign-in would bring every session back; only one
/// that was lost may come back.
/// </summary>
public sealed class EndedSessionTests(Chromium chromium, Firefox firefox)
{
    /// <summary>What a test does to the store counts at once.</summary>
    private static readonly (string, string) WithoutCopies = ("Bff__Sessions__CacheLifetime", "00:00:00");

    [Theory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task A_call_brings_back_a_session_that_was_lost_and_none_that_an_administrator_or_a_timeout_has_ended(string engine)
    {
        await using var demo = await Demo.StartAsync(TimeSpan.FromMinutes(5), WithoutCopies);
        await using var alice = await (engine == "chromium" ? (Engine)chromium : firefox).VisitAsync();
        await alice.SignInAsync("alice");

        demo.Sessions.TryForget().ShouldBeTrue();
        (await alice.CallAsync("/api/private")).ShouldBe(200);
        await alice.SeesStateAsync("signed-in");
        demo.Sessions.All().Count.ShouldBe(1);

        demo.Sessions.TimeOut();
        await StaysSignedOutAsync(alice, "idle_timeout", "You were away for a while, so your session has ended. Sign in to continue.");

        await alice["#login"].ClickAsync();
        await alice.SeesStateAsync("signed-in"); // without a password
        await EndAsAdministratorAsync("alice");
        await StaysSignedOutAsync(alice, "ended_by_admin", "An administrator has ended your session. Sign in to continue.");
        demo.Sessions.All().ShouldBeEmpty();
    }

    private static async Task StaysSignedOutAsync(Visitor alice, string reason, string words)
    {
        await alice.Page.ReloadAsync(); // asks late
        await Expect(alice["#message"]).ToHaveTextAsync(words);
        (await alice.CallAsync("/api/private")).ShouldBe(401);

        var page = await alice.Profile.OpenAsync();
        await page.GotoAsync(Demo.PageUrl + "/silent"); // does nothing by itself, so that it calls before it knows of the end
        var tab = new Visitor(alice.Profile, page);
        var frames = tab.Requests("/bff/silent-login");
        await tab.RunAsync<bool>("async (url) => { (await import('/bff.js')).configure({ url }); return true; }", Demo.BffUrl);
        (await tab.CallAsync("/api/private")).ShouldBe(401);
        (await tab.RunAsync<string>("async () => (await import('/bff.js')).session().reason")).ShouldBe(reason);
        frames.ShouldBeEmpty();
        await page.CloseAsync();

        await alice.SeesStateAsync("signed-out");
        await Expect(alice["#message"]).ToHaveTextAsync(words);
    }

    private static async Task EndAsAdministratorAsync(string user)
    {
        using var http = new HttpClient();
        using var response = await http.DeleteAsync(new Uri($"{Demo.OpsUrl}/sessions?user={user}"));
        response.EnsureSuccessStatusCode();
    }
}
