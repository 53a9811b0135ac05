using Microsoft.Playwright;

namespace Bff.BrowserTests.World;

/// <summary>The browser, started once for all tests. Each visitor gets a profile of their own in it.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private const string Program = "/usr/bin/chromium";

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        File.Exists(Program).ShouldBeTrue($"the browser tests need {Program}: apt-get install chromium");
        Assertions.SetDefaultExpectTimeout((float)Eventually.Deadline.TotalMilliseconds);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Program,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
            ],
        });
    }

    /// <param name="proxy">A proxy that all of the visitor's traffic takes.</param>
    /// <param name="page">Where the page is.</param>
    internal async Task<Visitor> VisitAsync(Uri? proxy = null, string page = Demo.PageUrl)
    {
        var profile = await _browser!.NewContextAsync(new()
        {
            Locale = "en-GB",
            TimezoneId = "UTC",
            ColorScheme = ColorScheme.Light,
            ViewportSize = new() { Width = 1280, Height = 800 },
            Proxy = proxy is null ? null : new() { Server = proxy.AbsoluteUri },
        });
        profile.SetDefaultTimeout((float)Eventually.Deadline.TotalMilliseconds);
        var visitor = new Visitor(profile, await profile.NewPageAsync());
        await visitor.OpenAsync(page);
        return visitor;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) { await _browser.CloseAsync(); }
        _playwright?.Dispose();
    }
}
