using Bff.BrowserTests.World;

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

    [Fact(Skip = WhySkipped, SkipUnless = nameof(IsWanted))]
    public async Task Every_state_in_every_way()
    {
        await SharedPage.StartAsync();
        var tooWide = new List<string>();
        foreach (var (state, bringAbout) in PageStates.All.Where(each => Wanted == "all" || Wanted.Split(',').Contains(each.Key)))
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
