using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Bff.Faults;

/// <summary>One real Bff: its own process, port and log file. Can be frozen, thawed, killed and started again.</summary>
internal sealed partial class BffProcess : IAsyncDisposable
{
    public const string Configuration =
#if DEBUG
        "Debug";
#else
        "Release";
#endif

    private const int Terminate = 15, Stop = 19, Continue = 18;
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(180);
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, string> _settings;
    private readonly int _port = FreePort();
    private string _folder;
    private Process _process = null!;
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
        _process = Process.Start(start)!;
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
        _ = kill(_process.Id, Stop);
    }

    public void Thaw()
    {
        _frozen = false;
        _ = kill(_process.Id, Continue);
    }

    /// <summary><c>kill -9</c>.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _stopped = true;
    }

    public int Id => _process.Id;

    /// <summary>CPU time used so far.</summary>
    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

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
        _ = kill(_process.Id, Terminate);
        try
        {
            await _process.WaitForExitAsync().WaitAsync(StopDeadline, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            await Console.Error.WriteLineAsync($"Bff did not stop within {StopDeadline.TotalSeconds:F0} s and was killed.");
            _process.Kill();
        }

        _process.Dispose();
    }

    internal static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int process, int signal);
}
