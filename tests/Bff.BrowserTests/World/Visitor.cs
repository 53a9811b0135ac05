using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests.World;

/// <summary>Somebody on the demo page, in a browser profile of their own.</summary>
internal sealed class Visitor : IAsyncDisposable
{
    public const string SessionCookie = "__Host-bff";

    private static readonly string[] NetworkNotes =
        ["Failed to load resource", "(Reason: CORS request did not succeed)", "can’t establish a connection", "was interrupted while the page was loading"];

    private readonly ConcurrentQueue<string> _console = new();
    private readonly ConcurrentQueue<string> _faults = new();

    public Visitor(IBrowserContext profile, IPage page)
    {
        (Profile, Page) = (profile, page);
        page.PageError += (_, error) =>
        {
            if (!IsAboutTheNetwork(error)) { _faults.Enqueue(error); } // Firefox says some of it as an error of the page
        };
        page.Console += (_, message) =>
        {
            _console.Enqueue(message.Text);
            if (message.Type is "error" or "warning" && !IsAboutTheNetwork(message.Text)) { _faults.Enqueue(message.Text); }
        };
    }

    public IBrowserContext Profile { get; }

    public IPage Page { get; }

    public IReadOnlyCollection<string> Console => _console;

    /// <summary>Script errors, CSP violations and whatever else the browser complains about.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    public ILocator this[string selector] => Page.Locator(selector);

    /// <summary>The one that has this text.</summary>
    public ILocator this[string selector, string text] => this[selector].Filter(new() { HasText = text });

    /// <summary>The page once more, in another tab of the same profile.</summary>
    public async Task<Visitor> OpenTabAsync()
    {
        var tab = new Visitor(Profile, await Profile.OpenAsync());
        await tab.Page.GotoAsync(Page.Url);
        return tab;
    }

    /// <summary>What this tab asks of a path, from now on.</summary>
    public ConcurrentQueue<string> Requests(string path)
    {
        var seen = new ConcurrentQueue<string>();
        Page.Request += (_, request) =>
        {
            if (new Uri(request.Url).AbsolutePath == path) { seen.Enqueue(request.Url); }
        };
        return seen;
    }

    /// <summary>Everything sent by <c>postMessage</c>, between windows and through a BroadcastChannel, in every page and frame from now on.</summary>
    public async Task<ConcurrentQueue<string>> OverhearMessagesAsync()
    {
        var heard = new ConcurrentQueue<string>();
        await Profile.ExposeFunctionAsync("overheard", (string message) => heard.Enqueue(message));
        await Profile.AddInitScriptAsync(
            """
            addEventListener('message', ({ data }) => overheard(JSON.stringify(data)), true);
            for (const kind of [BroadcastChannel, MessagePort, Worker]) {
              const post = kind.prototype.postMessage;
              kind.prototype.postMessage = function (data, ...more) { overheard(JSON.stringify(data)); return post.call(this, data, ...more); };
            }
            """);
        await OpenAsync();
        return heard;
    }

    /// <summary>News of the session arrives as it happens, in this tab or by way of another.</summary>
    public Task SeesTheStreamAsync() => Eventually.HappensAsync(() => RunAsync<bool>(
        "async () => (await navigator.locks.query()).held.some(({ name }) => name.startsWith('bff leader'))"), "one tab leads");

    public Task OpenAsync() => Page.GotoAsync(Demo.PageUrl);

    /// <summary>The page's state, one of those that <c>index.html</c> lists.</summary>
    public Task SeesStateAsync(string state) => Expect(this["body"]).ToHaveAttributeAsync("data-state", state);

    /// <summary>Sign in, the provider's form and, the first time, its question for consent.</summary>
    public async Task SignInAsync(string user)
    {
        await SeesStateAsync("signed-out");
        await this["#login"].ClickAsync();
        await this["#username"].FillAsync(user);
        await this["#password"].FillAsync(user);
        await this["#login-submit"].ClickAsync();
        await Expect(this["#consent-form, body[data-state=signed-in]"]).ToBeVisibleAsync();
        if (await this["#consent-allow"].IsVisibleAsync()) { await this["#consent-allow"].ClickAsync(); }
        await SeesStateAsync("signed-in");
    }

    /// <summary>The same without a mouse, from the provider's form on.</summary>
    public async Task SignInByKeyboardAsync(string user = "alice")
    {
        await Expect(this["#username"]).ToBeVisibleAsync();
        if (!await RunAsync<bool>("() => document.activeElement.id === 'username'")) { await this.TabToAsync("#username"); }
        await this.TypeAsync(user);
        await this.TabToAsync("#password");
        await this.TypeAsync(user);
        await this.PressAsync("Enter");
        await Expect(this["#consent-form, body[data-state=signed-in]"]).ToBeVisibleAsync();
        if (!await this["#consent-allow"].IsVisibleAsync()) { return; }
        await this.TabToAsync("#consent-allow");
        await this.PressAsync("Enter");
    }

    /// <summary>In another tab; Bff does not hear of it.</summary>
    public async Task SignOutAtTheProviderAsync()
    {
        var tab = await Profile.OpenAsync();
        await tab.GotoAsync(Demo.ProviderUrl + "/signout");
        await tab.ClickAsync("#signout-submit");
        await Expect(tab.Locator("h1")).ToHaveTextAsync("You are signed out");
        await tab.CloseAsync();
    }

    /// <summary>Pushes one of the API buttons.</summary>
    /// <param name="button"><c>public</c>, <c>private</c> or <c>scoped</c>.</param>
    /// <returns>The status the page shows.</returns>
    public async Task<int> CallApiAsync(string button)
    {
        await this[$"#api-{button}"].ClickAsync();
        var status = await this["#api-answer[data-status]"].GetAttributeAsync("data-status");
        return int.Parse(status!, CultureInfo.InvariantCulture);
    }

    /// <summary>Calls by script, through the page's own <c>bff.js</c>, spread over 100 ms around a moment.</summary>
    /// <returns>Their statuses.</returns>
    public Task<int[]> CallInParallelAsync(int count, DateTimeOffset around) => RunAsync<int[]>(
        """
        async ({ count, moment }) => {
          const { fetch } = await import('/bff.js');
          const call = async (_, index) => {
            await new Promise((resolve) => setTimeout(resolve, moment - Date.now() + (index - count / 2) * 100 / count));
            return (await fetch('/api/private', { cache: 'no-store' })).status;
          };
          return Promise.all(Array.from({ length: count }, call));
        }
        """,
        new { count, moment = around.ToUnixTimeMilliseconds() });

    public Task<int> CallAsync(string path) =>
        RunAsync<int>("async (path) => (await (await import('/bff.js')).fetch(path, { cache: 'no-store' })).status", path);

    /// <summary>Runs a function in the page. The browser's driver would wait for its end for ever.</summary>
    public Task<T> RunAsync<T>(string script, object? argument = null) =>
        Page.EvaluateAsync<T>(script, argument).WaitAsync(Eventually.Deadline, TimeProvider.System);

    /// <summary>When the page believes the access token expires.</summary>
    public async Task<DateTimeOffset> ExpiryAsync() => DateTimeOffset.Parse(
        (await this["#expires-at"].GetAttributeAsync("datetime"))!, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);

    public async Task<int> RenewalsSeenAsync() => int.Parse(await this["#renewal-count"].InnerTextAsync(), CultureInfo.InvariantCulture);

    public async Task SeesRenewalsAsync(int atLeast)
    {
        for (var count = 1; count <= atLeast; count++)
        {
            await Eventually.HappensAsync(async () => await RenewalsSeenAsync() >= count, $"the page shows renewal {count}");
        }
    }

    public async Task<BrowserContextCookiesResult?> CookieAsync(string name = SessionCookie) =>
        (await Profile.CookiesAsync()).SingleOrDefault(cookie => cookie.Name == name);

    /// <summary>
    /// Chromium was seen never to say that a profile is closed which a page was just leaving. It ends with the browser, and no test waits for it.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await Profile.CloseAsync().WaitAsync(Eventually.Deadline, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            TestContext.Current.TestOutputHelper?.WriteLine("The browser did not close the profile in time.");
        }
    }

    /// <summary>The browser notes every answer of 400 and above, and every refused connection, as an error of its own.</summary>
    private static bool IsAboutTheNetwork(string message) => NetworkNotes.Any(message.Contains);
}
