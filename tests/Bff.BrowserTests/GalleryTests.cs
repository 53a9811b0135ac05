using System.Text.RegularExpressions;
using Bff.BrowserTests.World;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests;

/// <summary>
/// The page in every state, width and kind of colours, for people to look at: <c>BFF_GALLERY=all</c>, or the names of some states; then look into the folder
/// <c>screenshots</c> beside the test assembly.
/// </summary>
[Trait("Needs", "eyes")]
public sealed class GalleryTests(Chromium chromium, ChromiumWithLargeText large)
{
    private const string WhySkipped = "pictures to look at; set BFF_GALLERY=all";

    private static readonly string Wanted = Environment.GetEnvironmentVariable("BFF_GALLERY") ?? "";

    public static bool IsWanted => Wanted.Length > 0;

    /// <summary>The picture of docs/operations.md: two minutes of renewals and calls, then the provider is killed until the first tokens have expired.</summary>
    [Fact(Skip = WhySkipped, SkipUnless = nameof(IsWanted))]
    public async Task The_ops_page_in_an_outage_of_the_provider()
    {
        const string name = "ops-outage";
        if (!IsAskedFor(name)) { return; }
        await using var demo = await Demo.StartAsync(tokenLifetime: TimeSpan.FromSeconds(60));
        await using var ops = await chromium.VisitAsync(url: Demo.OpsUrl);
        var visitors = new List<Visitor>();
        foreach (var user in new[] { "alice", "bob", "alice", "bob", "alice" })
        {
            visitors.Add(await chromium.VisitAsync());
            await visitors[^1].SignInAsync(user);
            await Task.Delay(TimeSpan.FromSeconds(8), TimeProvider.System);
        }

        await Load.StartAsync(visitors[0]);
        await Expect(ops["#renewals-words"]).ToContainTextAsync(new Regex("hour (1[0-9]|[2-9][0-9]) done"), new() { Timeout = 180_000 });
        await visitors[^1].DisposeAsync();
        await ops["#sessions button"].First.ClickAsync();
        await ops["#end"].ClickAsync();
        await ops["#confirm-yes"].ClickAsync();
        await demo.Provider.KillAsync();
        await Expect(ops["#troubles [data-code=tokens_expired]"]).ToBeVisibleAsync(new() { Timeout = 120_000 });
        await Task.Delay(TimeSpan.FromSeconds(45), TimeProvider.System);
        await ops.PoseAsync(name);
        await ops.PoseAsync(name, ColorScheme.Dark);
        foreach (var visitor in visitors.SkipLast(1)) { await visitor.DisposeAsync(); }
    }

    private static bool IsAskedFor(string name) => Wanted == "all" || Wanted.Split(',').Contains(name);

    [Fact(Skip = WhySkipped, SkipUnless = nameof(IsWanted))]
    public async Task Every_state_in_every_way()
    {
        await SharedPage.StartAsync();
        var tooWide = new List<string>();
        foreach (var (state, bringAbout) in PageStates.All.Where(each => IsAskedFor(each.Key)))
        {
            await using var bff = await MadeUpBff.VisitAsync(chromium);
            await bringAbout(bff);
            tooWide.AddRange(await bff.Visitor.PoseEveryWayAsync(state));
            await using var withLargeText = await MadeUpBff.VisitAsync(large);
            await bringAbout(withLargeText);
            tooWide.AddRange(await withLargeText.Visitor.PoseLargeAsync(state));
        }

        await using var visitor = await chromium.VisitWithoutScriptAsync();
        tooWide.AddRange(await visitor.PoseEveryWayAsync("no-script"));
        await using var enlarged = await large.VisitWithoutScriptAsync();
        tooWide.AddRange(await enlarged.PoseLargeAsync("no-script"));
        tooWide.ShouldBeEmpty();
    }
}
