using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Bff.HostTests;

/// <summary>The proxy as people start it: <c>dotnet Bff.dll</c> with environment variables, a process of its own.</summary>
internal sealed partial class BffProcess : IAsyncDisposable
{
    private readonly ProgramProcess _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();

    /// <param name="folder">Where it runs; a file <c>appsettings.json</c> there counts.</param>
    /// <param name="environment">Settings by their keys, or plain environment variables.</param>
    /// <param name="arguments">A command and its options; nothing to run the proxy.</param>
    public BffProcess(string folder, IEnumerable<KeyValuePair<string, string?>> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Bff.dll"), .. arguments]) { WorkingDirectory = folder };
        start.Environment["DOTNET_TC_CallCounting"] = "0";   // what is gone in a minute is not worth compiling twice
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("ASPNETCORE_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }
        start.Environment["DOTNET_gcServer"] = "0";
        foreach (var (key, value) in environment) { start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value; }
        _process = new ProgramProcess(start, _output.Enqueue, _errors.Enqueue);
    }

    public string Output => string.Join('\n', _output);

    public string Errors => string.Join('\n', _errors);

    /// <summary>The most memory it has held so far.</summary>
    public long PeakMemory => _process.PeakMemory;

    public Uri Address { get; private set; } = new("http://localhost");

    public Uri OpsAddress { get; private set; } = new("http://localhost");

    public async Task<BffProcess> ListeningAsync()
    {
        await Eventually.HappensAsync(() => _process.HasExited || Listening().Count(Output) == 2, "the process listens: " + Errors);
        var addresses = Listening().Matches(Output).Select(match => (Scheme: match.Groups[1].Value, Port: match.Groups[2].Value)).ToList();
        addresses.Count.ShouldBe(2, Output + Errors);
        (Address, OpsAddress) =
            (new Uri($"{addresses[0].Scheme}://localhost:{addresses[0].Port}"), new Uri($"{addresses[1].Scheme}://127.0.0.1:{addresses[1].Port}"));
        return this;
    }

    /// <summary>Asks it to stop, as a container platform does (SIGTERM).</summary>
    public void Terminate() => _process.Terminate();

    public Task<int> ExitCodeAsync() => _process.ExitsAsync();

    /// <summary><c>kill -9</c>: nothing is finished, nothing is said.</summary>
    public void Kill() => _process.Kill();

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    [GeneratedRegex(@"Now listening on: (https?)://[^\s]*:(\d+)")]
    private static partial Regex Listening();
}
