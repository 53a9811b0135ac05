using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Bff.HostTests;

/// <summary>A real Prometheus, Debian's, that scrapes one Bff every second.</summary>
internal sealed class Prometheus : IAsyncDisposable
{
    /// <summary>It looks every second, and some rules at the last ten.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly TemporaryFolder _folder;
    private readonly Process _process;
    private readonly HttpClient _http;

    private Prometheus(TemporaryFolder folder, Process process, Uri address) =>
        (_folder, _process, _http) = (folder, process, new HttpClient { BaseAddress = address });

    /// <param name="ops">The ops port to scrape.</param>
    /// <param name="token">Its token.</param>
    /// <param name="rules">A rules file's text.</param>
    public static async Task<Prometheus> StartAsync(Uri ops, string token, string rules)
    {
        var folder = new TemporaryFolder();
        var configuration = folder.Write("prometheus.yml", $$"""
            global: { scrape_interval: 1s, evaluation_interval: 1s }
            rule_files: [ "{{folder.Write("rules.yml", rules)}}" ]
            scrape_configs:
              - job_name: bff
                authorization: { type: Bearer, credentials: {{token}} }
                static_configs: [ { targets: [ "{{ops.Authority}}" ] } ]
            """);
        var port = FreePort.Find();
        var process = Run(
            "prometheus",
            $"--config.file={configuration}",
            $"--storage.tsdb.path={folder.FullName}/data",
            $"--web.listen-address=127.0.0.1:{port}",
            "--log.level=error");
        var prometheus = new Prometheus(folder, process, new Uri($"http://127.0.0.1:{port}"));
        await Eventually.HappensAsync(prometheus.IsReadyAsync, "Prometheus starts");
        return prometheus;
    }

    /// <summary>Checks files as an operator would.</summary>
    public static async Task<(int ExitCode, string Output)> ToolAsync(params string[] arguments)
    {
        using var tool = Run("promtool", arguments);
        var (output, errors) = (tool.StandardOutput.ReadToEndAsync(), tool.StandardError.ReadToEndAsync());
        await tool.WaitForExitAsync();
        return (tool.ExitCode, await output + await errors);
    }

    /// <returns>The values the expression has now.</returns>
    /// <exception cref="InvalidOperationException">Prometheus does not understand it.</exception>
    public async Task<IReadOnlyList<double>> QueryAsync(string expression)
    {
        using var form = new FormUrlEncodedContent([new("query", expression)]);
        using var answer = await _http.PostAsync("/api/v1/query", form);
        var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        if (body.GetProperty("status").GetString() != "success")
        {
            throw new InvalidOperationException($"{expression}: {body.GetProperty("error").GetString()}");
        }
        return [.. body.GetProperty("data").GetProperty("result").EnumerateArray()
            .Select(one => double.Parse(one.GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture))];
    }

    /// <summary>Waits until the expression has a value that is a number.</summary>
    public Task HasDataAsync(string expression) =>
        Eventually.HappensAsync(async () => (await QueryAsync(expression)).Any(value => !double.IsNaN(value)), expression, Patience);

    private async Task<bool> IsReadyAsync()
    {
        if (_process.HasExited) { throw new InvalidOperationException("Prometheus ended: " + await _process.StandardError.ReadToEndAsync()); }
        try
        {
            return (await _http.GetAsync("/-/ready")).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static Process Run(string program, params string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (Win32Exception error)
        {
            throw new InvalidOperationException($"{program} is missing: install Debian's package prometheus, or put it on the PATH.", error);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (!_process.HasExited) { _process.Kill(); }
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }
}
