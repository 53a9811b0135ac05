using System.Diagnostics;
using System.Globalization;
using System.Net.NetworkInformation;
using OpenQA.Selenium;
using OpenQA.Selenium.Remote;

namespace Bff.BrowserTests.World;

/// <summary>WebKitGTK on a screen nobody sees. It speaks the WebDriver protocol only, so it has a visitor of its own kind.</summary>
internal sealed class WebKit : IAsyncDisposable
{
    private const string DriverProgram = "/usr/bin/WebKitWebDriver";

    /// <summary>The engine takes a while to start beside the browsers of other tests.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process _screen;
    private readonly Process _server;
    private readonly RemoteWebDriver _driver;

    private WebKit(Process screen, Process server, RemoteWebDriver driver) => (_screen, _server, _driver) = (screen, server, driver);

    /// <summary>This engine takes no Secure cookie over http, on localhost neither; Development has a switch for that.</summary>
    public static readonly (string, string) InsecureCookie = ("Bff__Sessions__InsecureCookie", "true");

    public static async Task<WebKit> VisitAsync(string? url = null)
    {
        File.Exists(DriverProgram).ShouldBeTrue($"the browser tests need {DriverProgram}: apt-get install webkit2gtk-driver xvfb");
        var (display, port) = (Ports.Of(6), Ports.Of(7));
        var screen = Start("Xvfb", [$":{display}", "-screen", "0", "1280x900x24", "-nolisten", "tcp"]);
        await Eventually.HappensAsync(() => File.Exists($"/tmp/.X11-unix/X{display}"), "the screen is there");
        var server = Start(
            DriverProgram, [$"--port={port}", "--host=127.0.0.1"], ("DISPLAY", $":{display}"), ("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1"));
        await Eventually.HappensAsync(
            () => IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Any(listener => listener.Port == port), "the driver listens");
        try
        {
            var driver = await Task.Run(() => new RemoteWebDriver(new Uri($"http://127.0.0.1:{port}"), new MiniBrowser().ToCapabilities(), Patience));
            driver.Manage().Timeouts().AsynchronousJavaScript = Eventually.Deadline;
            var visitor = new WebKit(screen, server, driver);
            await visitor.OpenAsync(url ?? Demo.PageUrl);
            return visitor;
        }
        catch
        {
            await EndAsync(server, screen);   // or the next run finds its port taken
            throw;
        }
    }

    public Task OpenAsync(string url) => Task.Run(() => _driver.Navigate().GoToUrl(url));

    public string Url => _driver.Url;

    /// <summary>Runs a function in the page. Waits for a page that is being left to be gone.</summary>
    /// <returns>What it returns, or the error's name or, of one that has none, its code.</returns>
    public Task<string> RunAsync(string script) => Task.Run(() => (string)_driver.ExecuteAsyncScript(
        $"const done = arguments[0]; new Promise((resolve) => resolve(({script})()))"
        + $".then((result) => done(`${{result}}`), ({{ code, name }}) => done(code ?? name));")!);

    /// <summary>Waits for the element, and for its text if one is given.</summary>
    public async Task<IWebElement> SeesAsync(string selector, string? text = null)
    {
        IWebElement? found = null;
        await Eventually.HappensAsync(
            () => (found = _driver.FindElements(By.CssSelector(selector)).FirstOrDefault(IsThere)) is not null, $"{selector} {text}");
        return found!;

        bool IsThere(IWebElement element)
        {
            try
            {
                return element.Displayed && (text is null || element.Text.Contains(text, StringComparison.Ordinal));
            }
            catch (WebDriverException)
            {
                return false; // the page has changed under us
            }
        }
    }

    public Task SeesStateAsync(string state) => SeesAsync($"body[data-state={state}]");

    public async Task ClickAsync(string selector) => (await SeesAsync(selector)).Click();

    public async Task SignInAsync(string user)
    {
        await SeesStateAsync("signed-out");
        await ClickAsync("#login");
        (await SeesAsync("#username")).SendKeys(user);
        (await SeesAsync("#password")).SendKeys(user);
        await ClickAsync("#login-submit");
        await SeesAsync("#consent-form, body[data-state=signed-in]");
        if (_driver.FindElements(By.CssSelector("#consent-allow")) is [var allow, ..]) { allow.Click(); }
        await SeesStateAsync("signed-in");
    }

    public async Task<int> CallApiAsync(string button)
    {
        await ClickAsync($"#api-{button}");
        return int.Parse((await SeesAsync("#api-answer[data-status]")).GetAttribute("data-status")!, CultureInfo.InvariantCulture);
    }

    public async Task SeesRenewalsAsync(int atLeast) =>
        await Eventually.HappensAsync(
            () => int.Parse(_driver.FindElement(By.CssSelector("#renewal-count")).Text, CultureInfo.InvariantCulture) >= atLeast, $"renewal {atLeast}");

    /// <summary>The page once more, in a tab that now has the eye.</summary>
    /// <returns>The way back to the tab before.</returns>
    public async Task<Action> OpenTabAsync()
    {
        var before = _driver.CurrentWindowHandle;
        _driver.SwitchTo().NewWindow(WindowType.Tab);
        await OpenAsync(Demo.PageUrl);
        return () => _driver.SwitchTo().Window(before);
    }

    public void CloseTab() => _driver.Close();

    private static Process Start(string program, string[] arguments, params (string Key, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (key, value) in environment) { start.Environment[key] = value; }
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.Run(_driver.Quit);
        _driver.Dispose();
        await EndAsync(_server, _screen);
    }

    private static async Task EndAsync(params Process[] processes)
    {
        foreach (var process in processes)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    private sealed class MiniBrowser : DriverOptions
    {
        private static readonly string[] Arguments = ["--automation"];

        public MiniBrowser()
        {
            BrowserName = "MiniBrowser";
            AddAdditionalOption("webkitgtk:browserOptions", new Dictionary<string, object>
            {
                ["binary"] = Directory.GetDirectories("/usr/lib", "*-linux-gnu").Select(
                    folder => Path.Combine(folder, "webkit2gtk-4.1", "MiniBrowser")).First(File.Exists),
                ["args"] = Arguments,
            });
        }

        public override ICapabilities ToCapabilities() => GenerateDesiredCapabilities(true).AsReadOnly();
    }
}
