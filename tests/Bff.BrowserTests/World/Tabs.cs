using Microsoft.Playwright;

namespace Bff.BrowserTests.World;

internal static class Tabs
{
    private const int Tries = 5;

    /// <summary>Opens a tab. While the window of another test closes, Firefox may say that there is no window to open it in.</summary>
    public static async Task<IPage> OpenAsync(this IBrowserContext profile)
    {
        for (var left = Tries; ; left--)
        {
            try
            {
                return await profile.NewPageAsync();
            }
            catch (PlaywrightException error) when (left > 1 && error.Message.Contains("browsingContext.create", StringComparison.Ordinal))
            {
                await Task.Yield();   // the answer took a round through the browser, and so does the next one
            }
        }
    }
}
