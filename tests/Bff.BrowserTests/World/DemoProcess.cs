using System.Diagnostics;
using System.Net.NetworkInformation;

namespace Bff.BrowserTests.World;

/// <summary>One program of the demo, run from its build output. Everything it prints is kept, over restarts too.</summary>
/// <param name="name">What it is called in messages.</param>
/// <param name="project">Its folder below <c>src</c>.</param>
/// <param name="url">Where it listens.</param>
/// <param name="probe">The path that answers 200 when it is ready.</param>
/// <param name="arguments">What it is called with.</param>
internal sealed class DemoProcess(string name, string project, string url, string probe, params string[] arguments) : IAsyncDisposable
{
    /// <summary>Four programs start at once, beside another test.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly List<string> _output = [];
    private ProgramProcess? _process;
    private bool _hasStarted;
    private int _shown;

    public string Name => name;

    /// <summary>The program, where it is none of ours.</summary>
    public string? Program { get; init; }

    /// <summary>It has started others, and ends them when it is asked to end.</summary>
    public bool EndsOthers { get; init; }

    public Dictionary<string, string> Environment { get; } = new() { ["ASPNETCORE_ENVIRONMENT"] = "Development", ["ASPNETCORE_URLS"] = url };

    /// <summary>What it has printed so far.</summary>
    public string Output
    {
        get { lock (_output) { return string.Join('\n', _output); } }
    }

    /// <summary>It has run since its first start, and was never frozen.</summary>
    public bool IsAsStarted { get; private set; }

    /// <summary>What it has printed since this was asked last.</summary>
    public string TakeOutput()
    {
        lock (_output)
        {
            var news = string.Join('\n', _output.Skip(_shown));
            _shown = _output.Count;
            return news;
        }
    }

    public async Task StartAsync()
    {
        Launch();
        await WaitUntilReadyAsync();
    }

    /// <summary>Ends it as <c>kill -9</c> does: no farewell, nothing is written any more.</summary>
    public async Task KillAsync()
    {
        if (_process is null) { return; }
        IsAsStarted = false;
        Diary.Close(url);
        await _process.DisposeAsync();
        _process = null;
    }

    public async Task RestartAsync()
    {
        await KillAsync();
        await StartAsync();
    }

    /// <summary>It stays, but does nothing until <see cref="Thaw"/>: connections to it hang.</summary>
    public void Freeze()
    {
        IsAsStarted = false;
        _process!.Freeze();
    }

    public void Thaw() => _process!.Thaw();

    public async ValueTask DisposeAsync()
    {
        if (EndsOthers && _process is { HasExited: false } process)
        {
            process.Terminate();
            await process.ExitsAsync();
        }

        await KillAsync();
    }

    public void Launch()
    {
        var port = new Uri(url).Port;
        IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners()
            .ShouldNotContain(listener => listener.Port == port, $"port {port} is taken, and {name} needs it");
        var start = new ProcessStartInfo("dotnet", [Program ?? SourceTree.ProgramOf(project), .. arguments])
        {
            WorkingDirectory = Program is null ? SourceTree.FolderOf(project) : Path.GetFullPath("../../..", Path.GetDirectoryName(Program)!),
        };
        start.Environment["DOTNET_TC_CallCounting"] = "0";   // what is gone in a minute is not worth compiling twice
        start.Environment["DOTNET_gcServer"] = "0";
        foreach (var (key, value) in Environment) { start.Environment[key] = value; }
        IsAsStarted = !_hasStarted;
        _hasStarted = true;
        _process = new ProgramProcess(start, Keep, Keep);
    }

    public async Task WaitUntilReadyAsync()
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        http.DefaultRequestHeaders.Add("X-CSRF", "1");
        try
        {
            await Eventually.HappensAsync(async () =>
            {
                if (_process!.HasExited) { throw new InvalidOperationException($"{name} ended with exit code {_process.ExitCode}."); }
                return await AnswersAsync(http);
            }, $"{name} answers at {url}{probe}", Patience);
        }
        catch (Exception error) when (error is TimeoutException or InvalidOperationException)
        {
            throw new InvalidOperationException($"{error.Message} It printed:\n{Output}", error);
        }
    }

    private async Task<bool> AnswersAsync(HttpClient http)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(url + probe));
            return answer.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private void Keep(string line)
    {
        lock (_output) { _output.Add(line); }
    }
}
