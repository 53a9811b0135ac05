using Microsoft.Playwright;

namespace Bff.BrowserTests.World;

/// <summary>Pictures of the page, kept beside the test assembly for people to look at.</summary>
internal static class Gallery
{
    private const int Height = 800;

    private static readonly int[] PhoneAndDesk = [375, 1280];
    private static readonly int[] All = [375, 768, 1280];

    /// <summary>
    /// Takes pictures on a phone and on a desk, and holds what a program can see: nothing sticks out at the side, and the browser has no complaint.
    /// </summary>
    public static async Task PoseAsync(this Visitor visitor, string view, ColorScheme colours = ColorScheme.Light)
    {
        (await visitor.PoseAsync(view, PhoneAndDesk, colours == ColorScheme.Dark ? "-dark" : "", new() { ColorScheme = colours })).ShouldBeEmpty();
        visitor.Faults.ShouldBeEmpty();
    }

    /// <summary>The same in every width and in every kind of colours.</summary>
    /// <returns>The pictures that are wider than the screen.</returns>
    public static async Task<IEnumerable<string>> PoseEveryWayAsync(this Visitor visitor, string view) =>
    [
        .. await visitor.PoseAsync(view, All, "", new() { ColorScheme = ColorScheme.Light, ForcedColors = ForcedColors.None }),
        .. await visitor.PoseAsync(view, All, "-dark", new() { ColorScheme = ColorScheme.Dark, ForcedColors = ForcedColors.None }),
        .. await visitor.PoseAsync(view, All, "-forced", new() { ColorScheme = ColorScheme.Dark, ForcedColors = ForcedColors.Active }),
    ];

    /// <summary>For who has set the browser to large text.</summary>
    /// <returns>The pictures that are wider than the screen.</returns>
    public static Task<List<string>> PoseLargeAsync(this Visitor visitor, string view) =>
        visitor.PoseAsync(view, All, "-large", new() { ColorScheme = ColorScheme.Light });

    /// <summary>Whether nothing sticks out at the side.</summary>
    public static async Task<bool> FitsAsync(this Visitor visitor, int width)
    {
        await visitor.Page.SetViewportSizeAsync(width, Height);
        return await visitor.RunAsync<int>("() => document.documentElement.scrollWidth") <= width;
    }

    private static async Task<List<string>> PoseAsync(this Visitor visitor, string view, int[] widths, string kind, PageEmulateMediaOptions media)
    {
        media.ReducedMotion = ReducedMotion.Reduce;
        await visitor.Page.Mouse.MoveAsync(0, 0); // nothing is hovered
        await visitor.Page.EmulateMediaAsync(media);
        var tooWide = new List<string>();
        foreach (var width in widths)
        {
            var name = $"{view}-{width}{kind}";
            if (!await visitor.FitsAsync(width)) { tooWide.Add(name); }
            await visitor.Page.ScreenshotAsync(new() { Path = Path.Combine(AppContext.BaseDirectory, "screenshots", name + ".png"), FullPage = true });
        }

        return tooWide;
    }
}
