using Microsoft.Playwright;

namespace Bff.BrowserTests.World;

/// <summary>Pictures of the page on a phone and on a desk, kept beside the test assembly for people to look at.</summary>
internal static class Gallery
{
    private const int Height = 800;

    private static readonly int[] Widths = [375, 1280];

    /// <summary>Takes the pictures, and holds what a program can see: nothing sticks out at the side, and the browser has no complaint.</summary>
    public static async Task PoseAsync(this Visitor visitor, string view, ColorScheme colours = ColorScheme.Light)
    {
        await visitor.Page.Mouse.MoveAsync(0, 0); // nothing is hovered
        await visitor.Page.EmulateMediaAsync(new() { ColorScheme = colours, ReducedMotion = ReducedMotion.Reduce });
        foreach (var width in Widths)
        {
            await visitor.Page.SetViewportSizeAsync(width, Height);
            var file = Path.Combine(AppContext.BaseDirectory, "screenshots", $"{view}-{width}{(colours == ColorScheme.Dark ? "-dark" : "")}.png");
            await visitor.Page.ScreenshotAsync(new() { Path = file, FullPage = true });
            var needed = await visitor.RunAsync<int>("() => document.documentElement.scrollWidth");
            needed.ShouldBeLessThanOrEqualTo(width, $"the view '{view}' is wider than the screen");
        }

        visitor.Faults.ShouldBeEmpty();
    }
}
