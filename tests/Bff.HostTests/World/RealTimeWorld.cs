using System.Net;

namespace Bff.HostTests;

/// <summary>Provider, API and a folder on the real clock, for a proxy that is a process of its own.</summary>
internal sealed class RealTimeWorld : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _things = [];

    private RealTimeWorld(PretendProvider provider, PretendApi api)
    {
        (Provider, Api) = (provider, api);
        Folder = Directory.CreateTempSubdirectory("bff-host-tests-").FullName;
        Settings = BffSettings.For(provider, api, Path.Combine(Folder, "data", "bff.db"));
        Settings["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        Settings.Remove("Logging:Console:LogLevel:Default");
        Settings["Logging:Console:FormatterName"] = "simple";   // lines that tests can read
    }

    public static async Task<RealTimeWorld> StartAsync()
    {
        var provider = await PretendProvider.StartAsync(TimeProvider.System);
        return new RealTimeWorld(provider, await PretendApi.StartAsync(provider, TimeProvider.System));
    }

    public PretendProvider Provider { get; }

    public PretendApi Api { get; }

    public string Folder { get; }

    /// <summary>The settings and environment variables of the next process.</summary>
    public Dictionary<string, string?> Settings { get; }

    /// <summary>The process that browsers talk to.</summary>
    public BffProcess Bff { get; private set; } = null!;

    public BffProcess Start(params string[] arguments)
    {
        var process = new BffProcess(Folder, Settings, arguments);
        _things.Add(process);
        return process;
    }

    public async Task StartListeningAsync(params string[] arguments) => Bff = await Start(arguments).ListeningAsync();

    /// <summary>Runs a command to its end.</summary>
    public async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        var process = Start(arguments);
        return (await process.ExitCodeAsync(), process.Output + process.Errors);
    }

    public async Task<Browser> LogInAsync(string user = "alice")
    {
        var browser = NewBrowser();

        // A real process on a busy machine may say that the store or the provider took too long.
        await Eventually.HappensAsync(
            async () => (await browser.OpenAsync("/bff/login?login_hint=" + user)).Status != HttpStatusCode.ServiceUnavailable, "the sign-in is taken");
        browser.Session.ShouldNotBeNull();
        return browser;
    }

    public Browser NewBrowser() => new(() => Bff.Address, Provider.Address, TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        foreach (var thing in _things) { await thing.DisposeAsync(); }
        await Api.DisposeAsync();
        await Provider.DisposeAsync();
        TemporaryFolder.Delete(Folder);
    }
}
