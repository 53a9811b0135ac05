using Bff.BrowserTests.World;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests;

/// <summary>The three arrangements of <c>docs/dev-servers.md</c>, with real Vite and the lines that page shows.</summary>
public sealed class DevServerTests(Chromium chromium)
{
    private const string Page = "docs/dev-servers.md";

    private static int Beside => Ports.Of(6);

    private static int Behind => Ports.Of(7);

    private static int InFront => Ports.Of(8);

    [Fact]
    public async Task A_developers_day_goes_well_with_Vite_beside_Bff_behind_it_and_in_front_of_it()
    {
        await using var demo = await Demo.StartAsync(
            TimeSpan.FromMinutes(5), ("Bff__Spa__Url", $"http://localhost:{Behind}"));
        await using var beside = await ViteServer.StartAsync(Beside, bffUrl: Demo.BffUrl);
        await using var behind = await ViteServer.StartAsync(Behind);
        var config = Documentation.Block(Page, "// vite.config.js").Replace("http://localhost:3001", Demo.BffUrl, StringComparison.Ordinal);
        await using var inFront = await ViteServer.StartAsync(InFront, config.Replace("5173", $"{InFront}", StringComparison.Ordinal));

        await SpendTheDayAsync(beside, at: beside.Url);
        await SpendTheDayAsync(behind, at: Demo.BffUrl);
        await SpendTheDayAsync(inFront, at: inFront.Url);
    }

    private async Task SpendTheDayAsync(ViteServer vite, string at)
    {
        await using var alice = await chromium.VisitAsync(url: at + "/#/orders");
        await alice.SignInAsync("alice");
        alice.Page.Url.ShouldBe(at + "/#/orders");

        await alice["#call"].ClickAsync();
        await Expect(alice["#answer"]).ToHaveTextAsync("200");

        await alice.RunAsync<object?>("() => { window.isStillThere = true; }");
        await vite.EditAsync("greeting.js", "export const greeting = 'Good evening';");
        await Expect(alice["#greeting"]).ToHaveTextAsync("Good evening");
        (await alice.RunAsync<bool>("() => window.isStillThere")).ShouldBeTrue("the page was loaded anew");

        await alice["#logout"].ClickAsync();
        await alice.SeesStateAsync("signed-out");
        alice.Page.Url.ShouldStartWith(at + "/");
        (await alice.CookieAsync()).ShouldBeNull();
    }
}
