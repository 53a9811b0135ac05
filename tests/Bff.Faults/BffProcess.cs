using System.Diagnostics;
using System.Globalization;

namespace Bff.Faults;

/// <summary>One real Bff: its own process, port and log file. Can be frozen, thawed, killed and started again.</summary>
internal sealed class BffProcess : IAsyncDisposable
{
    public const string Configuration =
#if DEBUG
        "Debug";
#else
        "Release";
#endif

    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(180);

    private readonly Dictionary<string, string> _settings;
    private readonly int _port = FreePort.Find();
    private string _folder;
    private ProgramProcess _process = null!;
    private bool _frozen, _stopped;

    private BffProcess(Dictionary<string, string> settings, string folder, string log) => (_settings, _folder, Log) = (settings, folder, log);

    public static async Task<BffProcess> StartAsync(Bench bench, Store store, string provider, string api, params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string>
        {
            ["Bff:Oidc:Authority"] = provider,
            ["Bff:Oidc:ClientId"] = HostTests.PretendProvider.ClientId,
            ["Bff:Oidc:ClientSecret"] = HostTests.PretendProvider.ClientSecret,
            ["Bff:Oidc:RequireHttps"] = "false",
            ["Bff:Ops:Url"] = "http://127.0.0.1:0",
            ["Bff:Ops:DrainFor"] = "00:00:00",
            ["Bff:Sessions:Store"] = store.Kind,
            ["Bff:Sessions:ConnectionString"] = store.ConnectionString,
            ["ReverseProxy:Clusters:api:Destinations:one:Address"] = api,
            ["ReverseProxy:Routes:api:ClusterId"] = "api",
            ["ReverseProxy:Routes:api:Match:Path"] = "/api/{**rest}",
            ["ReverseProxy:Routes:api:AuthorizationPolicy"] = "default",
            ["ReverseProxy:Routes:api:Metadata:Bff.Token"] = "User",
            ["Logging:Console:FormatterName"] = "simple",
            ["Logging:Console:FormatterOptions:TimestampFormat"] = LogTime,
        };
        foreach (var (key, value) in settings) { all[key] = value; }
        var bff = new BffProcess(all, bench.Options.Build, bench.NewLogFile());
        await bff.StartAsync();
        return bff;
    }

    /// <summary>How its log lines begin.</summary>
    public const string LogTime = "yyyy-MM-ddTHH:mm:ss.fffZ ";

    public string Log { get; }

    public Uri Address => new($"http://127.0.0.1:{_port}");

    /// <summary>Starts it, again after <see cref="KillAsync"/>. Ready when it answers.</summary>
    public async Task StartAsync()
    {
        // The shell gives way to Bff at once, and leaves it a log file that costs neither process anything to carry.
        var start = new ProcessStartInfo(
            "/bin/sh", ["-c", "exec dotnet Bff.dll \"$@\" >> \"$LOG\" 2>&1", "bff", .. _settings.Select(setting => $"--{setting.Key}={setting.Value}")])
        {
            WorkingDirectory = _folder,
            Environment = { ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{_port}", ["DOTNET_ENVIRONMENT"] = "Production", ["LOG"] = Log },
        };
        _process = new ProgramProcess(start);
        _stopped = false;
        for (var started = Stopwatch.GetTimestamp(); !await AnswersAsync(); await Pause.ForAsync(20))
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(started) > StartDeadline)
            {
                throw new InvalidOperationException($"Bff did not start:\n{await File.ReadAllTextAsync(Log)}");
            }
        }
    }

    /// <summary>Stops it in good order and starts it again, maybe as another build.</summary>
    /// <param name="folder">With <c>Bff.dll</c>; null for the same as before.</param>
    public async Task RestartAsync(string? folder = null)
    {
        await StopAsync();
        (_stopped, _folder) = (false, folder ?? _folder);
        await StartAsync();
    }

    /// <summary>Stops all its threads, as a suspended machine or a long pause would; the kernel goes on taking its connections and requests.</summary>
    public void Freeze()
    {
        _frozen = true;
        _process.Freeze();
    }

    public void Thaw()
    {
        _frozen = false;
        _process.Thaw();
    }

    /// <summary><c>kill -9</c>.</summary>
    public async Task KillAsync()
    {
        await _process.DisposeAsync();
        _stopped = true;
    }

    public int Id => _process.Id;

    /// <summary>CPU time used so far.</summary>
    public TimeSpan Cpu => _process.Cpu;

    public long ResidentBytes => Status("VmRSS");

    public long PeakResidentBytes => Status("VmHWM");

    private long Status(string name) =>
        long.Parse(
            File.ReadLines($"/proc/{_process.Id}/status").First(
                line => line.StartsWith(name + ":", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2],
            CultureInfo.InvariantCulture) * 1024;

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var answer = await Caller.Http.GetAsync(new Uri(Address, "/bff/user"));
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_frozen) { Thaw(); }
        await StopAsync();
    }

    /// <summary>In good order; nothing happens when it has stopped already.</summary>
    public async Task StopAsync()
    {
        if (_stopped) { return; }
        _stopped = true;
        _process.Terminate();
        try
        {
            await _process.ExitsAsync();
        }
        catch (TimeoutException)
        {
            await Console.Error.WriteLineAsync("Bff did not stop in time and was killed.");
        }

        await _process.DisposeAsync();
    }
}
