using Microsoft.Playwright;

namespace Bff.BrowserTests.World;

/// <summary>A kind of browser, started once for all tests, when the first of them wants it. Each visitor gets a profile of their own in it.</summary>
public abstract class Engine : IAsyncLifetime
{
    private readonly SemaphoreSlim _starting = new(1);
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>The Debian package's program.</summary>
    private protected abstract string Program { get; }

    private protected abstract Task<IBrowser> LaunchAsync(IPlaywright playwright);

    public ValueTask InitializeAsync() => default;

    /// <param name="proxy">A proxy that all of the visitor's traffic takes.</param>
    /// <param name="url">The page to open; the demo's when not said.</param>
    internal Task<Visitor> VisitAsync(Uri? proxy = null, string? url = null) => VisitAsync(proxy, url, withScript: true);

    /// <summary>A browser that runs no script.</summary>
    internal Task<Visitor> VisitWithoutScriptAsync() => VisitAsync(proxy: null, url: null, withScript: false);

    private async Task<Visitor> VisitAsync(Uri? proxy, string? url, bool withScript)
    {
        var profile = await (await BrowserAsync()).NewContextAsync(new()
        {
            Locale = "en-GB",
            JavaScriptEnabled = withScript,
            TimezoneId = "UTC",
            ColorScheme = ColorScheme.Light,
            ViewportSize = new() { Width = 1280, Height = 800 },
            Proxy = proxy is null ? null : new() { Server = proxy.AbsoluteUri },
        });
        profile.SetDefaultTimeout((float)Eventually.Deadline.TotalMilliseconds);
        var visitor = new Visitor(profile, await profile.OpenAsync());
        await visitor.Page.GotoAsync(url ?? Demo.PageUrl);
        return visitor;
    }

    private async Task<IBrowser> BrowserAsync()
    {
        await _starting.WaitAsync();
        try
        {
            if (_browser is not null) { return _browser; }
            File.Exists(Program).ShouldBeTrue($"the browser tests need {Program}: apt-get install {Path.GetFileName(Program)}");
            Task<IPlaywright> starting;
            Assertions.SetDefaultExpectTimeout((float)Eventually.Deadline.TotalMilliseconds);
            using (ExecutionContext.SuppressFlow()) { starting = Task.Run(Playwright.CreateAsync); }   // or its callbacks would take every test for this one
            _playwright = await starting;
            return _browser = await LaunchAsync(_playwright);
        }
        finally
        {
            _starting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_browser is not null) { await _browser.CloseAsync().WaitAsync(Eventually.Deadline, TimeProvider.System); }
        }
        catch (TimeoutException)
        {
            // It is ended with its driver.
        }

        _playwright?.Dispose();
        _starting.Dispose();
        GC.SuppressFinalize(this);
    }
}

public class Chromium : Engine
{
    private protected override string Program => "/usr/bin/chromium-headless-shell";

    private protected virtual string[] MoreArguments => [];

    private protected override Task<IBrowser> LaunchAsync(IPlaywright playwright) => playwright.Chromium.LaunchAsync(new()
    {
        ExecutablePath = Program,
        Args =
        [
            "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", .. MoreArguments,
        ],
    });
}

/// <summary>Gives no cookie to what is framed from another site, whatever the cookie says.</summary>
public sealed class ChromiumWithoutThirdPartyCookies : Chromium
{
    private protected override string[] MoreArguments => ["--test-third-party-cookie-phaseout"];
}

/// <summary>Of somebody who reads text at twice the usual size.</summary>
public sealed class ChromiumWithLargeText : Chromium
{
    private protected override string[] MoreArguments => ["--blink-settings=defaultFontSize=32,defaultFixedFontSize=26"];
}

public class Firefox : Engine
{
    private protected override string Program => "/usr/bin/firefox-esr";

    private protected virtual Dictionary<string, object> Preferences => [];

    private protected override Task<IBrowser> LaunchAsync(IPlaywright playwright) =>
        playwright.Firefox.LaunchAsync(new() { Channel = "moz-firefox", ExecutablePath = Program, FirefoxUserPrefs = Preferences });
}

/// <summary>The same setting in Firefox.</summary>
public sealed class FirefoxWithoutThirdPartyCookies : Firefox
{
    private protected override Dictionary<string, object> Preferences => new() { ["network.cookie.cookieBehavior"] = 1 };
}

/// <summary>The kinds of browser a test can be run in.</summary>
public sealed class Engines(Chromium chromium, Firefox firefox, ChromiumWithoutThirdPartyCookies strictChromium, FirefoxWithoutThirdPartyCookies strictFirefox)
{
    public Engine this[string name] => name == "chromium" ? chromium : firefox;

    public Engine WithoutThirdPartyCookies(string name) => name == "chromium" ? strictChromium : strictFirefox;
}
