using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;

namespace Bff.HostTests;

/// <summary>A provider, an API, the proxy between them, one clock, and a folder for the proxy's files.</summary>
internal sealed class World : IAsyncDisposable
{
    /// <summary>Small beside the room before a token's expiry, so that no step jumps over a renewal.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    private const int NudgeEvery = 5;

    private readonly Dictionary<string, string?> _settings;
    private readonly List<BffHost> _hosts = [];
    private readonly List<Browser> _browsers = [];
    private readonly List<PretendProvider> _providers = [];
    private readonly SqliteConnection _database;

    private World(TestClock clock, PretendProvider provider, PretendApi api, IEnumerable<(string Key, string? Value)> settings)
    {
        (Clock, Provider, Api) = (clock, provider, api);
        _providers.Add(provider);
        Folder = Directory.CreateTempSubdirectory("bff-host-tests-").FullName;
        _settings = BffSettings.For(provider, api, DatabaseFile);
        foreach (var (key, value) in settings) { _settings[key] = value; }
        _database = new SqliteConnection($"Data Source={DatabaseFile};Pooling=False");
    }

    /// <summary>Settings of a proxy with another one in front, which has to be told its address: the port is chosen here.</summary>
    public static (string Key, string? Value)[] BehindProxy(string trusted = "127.0.0.0/8")
    {
        var port = FreePort.Find();
        return [("Bff:TrustedProxies:0", trusted), ("Bff:PublicUrl", $"http://localhost:{port}"), ("Kestrel:Endpoints:Main:Url", $"http://127.0.0.1:{port}")];
    }

    public static Task<World> StartAsync(params (string Key, string? Value)[] settings) => StartAsync(_ => settings);

    /// <param name="settings">That depend on where the API is.</param>
    public static Task<World> StartAsync(Func<PretendApi, (string Key, string? Value)[]> settings) => PrepareAsync(settings, _ => Task.CompletedTask);

    /// <param name="prepare">Sets up the provider, starts others beside it, and sets what the proxy has to know of them, all before the proxy starts.</param>
    public static Task<World> StartPreparedAsync(Func<World, Task> prepare) => PrepareAsync(_ => [], prepare);

    public static Task<World> StartPreparedAsync(Action<World> prepare) => StartPreparedAsync(world =>
    {
        prepare(world);
        return Task.CompletedTask;
    });

    private static async Task<World> PrepareAsync(Func<PretendApi, (string Key, string? Value)[]> settings, Func<World, Task> prepare)
    {
        var clock = new TestClock();
        var provider = await PretendProvider.StartAsync(clock);
        var api = await PretendApi.StartAsync(provider, clock);
        var world = new World(clock, provider, api, settings(api));
        await prepare(world);
        world.Bff = world.StartBff();
        world._database.Open();
        return world;
    }

    public TestClock Clock { get; }

    /// <summary>The provider the proxy is set up for.</summary>
    public PretendProvider Provider { get; }

    public PretendApi Api { get; }

    /// <summary>The proxy that browsers talk to.</summary>
    public BffHost Bff { get; private set; } = null!;

    public string Folder { get; }

    public string DatabaseFile => Path.Combine(Folder, "bff.db");

    /// <summary>One more provider, on an address of its own, with a client of its own. The API takes its tokens and browsers follow its redirects.</summary>
    public async Task<PretendProvider> StartProviderAsync(string clientId = "bff-at-another-provider", string clientSecret = "another-client-secret-e2b9d4")
    {
        var provider = await PretendProvider.StartAsync(Clock, clientId, clientSecret);
        _providers.Add(provider);
        Api.Trust(provider);
        return provider;
    }

    /// <summary>A setting of every proxy that starts from now on.</summary>
    public void Set(string key, string? value) => _settings[key] = value;

    /// <summary>One more proxy on the same files; with a clock of its own when it is to be out of step, and one more source of settings, which wins.</summary>
    public BffHost StartBff(TimeProvider? clock = null, IConfigurationSource? source = null)
    {
        var host = new BffHost(_settings, clock ?? Clock, source).Start();
        _hosts.Add(host);
        return host;
    }

    /// <summary>Stops the proxy in good order and starts it again on the same files.</summary>
    /// <param name="settings">That are different from now on; null takes one away.</param>
    public async Task RestartBffAsync(params (string Key, string? Value)[] settings)
    {
        foreach (var (key, value) in settings)
        {
            if (value is null) { _settings.Remove(key); }
            else { _settings[key] = value; }
        }

        await StopBffAsync();
        Bff = StartBff();
    }

    public Task StopBffAsync() => StopAsync(Bff);

    public Browser NewBrowser(BffHost? at = null)
    {
        var browser = new Browser(() => (at ?? Bff).Address, () => _providers.Select(provider => provider.Address), Clock);
        _browsers.Add(browser);
        return browser;
    }

    /// <summary>A browser in which this user is signed in.</summary>
    public async Task<Browser> LogInAsync(string user = "alice", BffHost? at = null)
    {
        var browser = NewBrowser(at);
        var end = await browser.OpenAsync($"/bff/login?login_hint={user}");
        end.Status.ShouldBe(HttpStatusCode.Found, end.Body);
        browser.Session.ShouldNotBeNull();
        return browser;
    }

    /// <summary>Moves the clock, and lets everything that becomes due on the way run to its end.</summary>
    public async Task AdvanceAsync(TimeSpan by)
    {
        for (var end = Clock.Now + by; Clock.Now < end;)
        {
            var left = end - Clock.Now;
            Clock.Advance(left < Step ? left : Step);
            await SettleAsync();
        }
    }

    /// <summary>Moves the clock until something is so. What became due in this time may take its own to run: the clock does not go further for it.</summary>
    public async Task AdvanceUntilAsync(Func<bool> condition, TimeSpan within, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        for (var end = Clock.Now + within; Clock.Now < end && !condition();) { await AdvanceAsync(Step); }
        await Eventually.HappensAsync(condition, what);
    }

    /// <summary>Lets the clock go on, however often the proxy has to try, until the provider has been asked to revoke the token, or any.</summary>
    public Task SeesRevocationAsync(string? token = null) => Eventually.HappensAsync(() =>
    {
        var isRevoked = Provider.Revocations.Any(form => token is null || form["token"] == token);
        if (!isRevoked && RevocationsUnderWay == 0) { Clock.Advance(TimeSpan.FromMilliseconds(500)); }
        return isRevoked;
    }, "the token is revoked");

    /// <summary>
    /// Waits until no renewal and no revocation is under way, none is due (or the provider is left alone for now), and each proxy sleeps until its next one.
    /// </summary>
    public Task SettleAsync()
    {
        var looks = 0;
        return Eventually.HappensAsync(() => IsSettled(ref looks), "no renewal is due or under way");
    }

    /// <param name="looks">How often a due renewal has been seen that nobody had begun.</param>
    private bool IsSettled(ref int looks)
    {
        var hosts = _hosts.Where(host => host.Clock == Clock).ToList();
        if (RevocationsUnderWay > 0) { return false; }
        if (hosts.Exists(host => !host.IsIdle))
        {
            if (Ask("SELECT COUNT(*) FROM client_tokens WHERE lease_until > @now") == 0) { Clock.Advance(TimeSpan.FromMilliseconds(100)); }   // who waits polls
            return false;
        }

        if (Ask("SELECT COUNT(*) FROM sessions WHERE lease_until > @now") > 0 || Clock.Sleepers < hosts.Count) { return false; }
        if (Ask("SELECT COUNT(*) FROM sessions WHERE ends_at > @now AND due_at <= @now") == 0 || hosts.All(host => host.LeavesProviderAlone)) { return true; }

        // Whoever set a timer at the moment the clock was moved sleeps too long by as much, and needs a nudge. Rarely: where it is the disk that lets a claim wait,
        // the clock would run away from it.
        if (++looks % NudgeEvery == 0) { Clock.Advance(TimeSpan.FromMilliseconds(100)); }
        return false;
    }

    /// <summary>A node hears of its own write a moment after the store has it; what it knew until then was good enough for a call.</summary>
    public Task SendsNewestTokenAsync(Browser browser) => Eventually.HappensAsync(
        async () => (await browser.GetAsync("/api/echo")).Body == "alice" && Api.LastCall.Token == Provider.Grant.AccessToken!.Value,
        "a call goes with the newest token");

    /// <summary>Keeps the clock moving slowly until a task ends, for waits of the proxy that only time can end.</summary>
    public async Task<T> RunAsync<T>(Task<T> task)
    {
        await RunAsync((Task)task);
        return await task;
    }

    public async Task RunAsync(Task task)
    {
        await Eventually.HappensAsync(() =>
        {
            if (!task.IsCompleted) { Clock.Advance(TimeSpan.FromMilliseconds(5)); }
            return task.IsCompleted;
        }, "the task ends");
        await task;
    }

    /// <summary>A number from the session database; <c>@now</c> is there.</summary>
    public long Ask(string sql)
    {
        using var command = _database.CreateCommand();
        command.CommandText = sql;
        command.Parameters.AddWithValue("now", Clock.Now.ToUnixTimeMilliseconds());
        return command.ExecuteScalar() is long number ? number : 0;
    }

    public void Execute(string sql) => Ask(sql);

    private long RevocationsUnderWay => Ask("SELECT COUNT(*) FROM revocations WHERE lease_owner IS NOT NULL AND due_at > @now");

    public long Sessions => Ask("SELECT COUNT(*) FROM sessions");

    /// <summary>Sign-ins whose <c>state</c> came back.</summary>
    public long UsedStates => Ask("SELECT COUNT(*) FROM used_once WHERE id LIKE 'state:%'");

    private async Task StopAsync(BffHost host)
    {
        if (_hosts.Remove(host)) { await RunAsync(host.DisposeAsync().AsTask()); }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var provider in _providers) { provider.Faults.CutOff(); }
        foreach (var browser in _browsers) { browser.Dispose(); }
        foreach (var host in _hosts.ToList()) { await StopAsync(host); }
        await Api.DisposeAsync();
        foreach (var provider in _providers) { await provider.DisposeAsync(); }
        await _database.DisposeAsync();
        SqliteConnection.ClearAllPools();
        TemporaryFolder.Delete(Folder);
    }
}
