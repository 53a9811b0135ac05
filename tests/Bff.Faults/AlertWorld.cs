using System.Diagnostics;
using System.Text.Json;
using Bff.HostTests;
using Bff.Providers;
using Bff.Sessions;
using Microsoft.Data.Sqlite;

namespace Bff.Faults;

/// <summary>
/// A provider, an API, one cold Bff, and one cold Prometheus that scrapes it as <c>deploy/prometheus</c> says: every 15 s, with the rules as they are.
/// </summary>
internal sealed class AlertWorld : IAsyncDisposable
{
    public static readonly TimeSpan ScrapeInterval = TimeSpan.FromSeconds(15);

    private static readonly HttpClient Http = new();

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("bff-alerts-");
    private readonly CancellationTokenSource _over = new();
    private readonly List<Task> _pumps = [];
    private readonly int _opsPort = FreePort.Find();
    private Process? _prometheus;
    private Uri? _asked;

    public required Bench Bench { get; init; }

    public required PretendProvider Provider { get; init; }

    public required PretendApi Api { get; init; }

    public required Store Store { get; init; }

    public BffProcess Bff { get; private set; } = null!;

    public string Folder => _folder.FullName;

    /// <summary>The folder of the SQLite file; the keys are in <c>keys</c>.</summary>
    public string Data => Path.GetDirectoryName(Store.ConnectionString["Data Source=".Length..])!;

    public static async Task<AlertWorld> CreateAsync(Bench bench)
    {
        var provider = await PretendProvider.StartAsync(TimeProvider.System);
        return new AlertWorld
        {
            Bench = bench,
            Provider = provider,
            Api = await PretendApi.StartAsync(provider, TimeProvider.System),
            Store = await bench.NewStoreAsync(SessionsOptions.Sqlite),
        };
    }

    public async Task StartBffAsync(params (string Key, string Value)[] settings)
    {
        (string, string)[] all = [("Bff:Ops:Url", $"http://127.0.0.1:{_opsPort}"), ("Bff:Sessions:CacheLifetime", "00:00:01"), .. settings];
        Bff = await BffProcess.StartAsync(Bench, Store, Provider.Issuer, Api.Address, all);
    }

    /// <param name="targets">Off for a Prometheus that finds nobody.</param>
    public async Task StartPrometheusAsync(bool targets = true)
    {
        var port = FreePort.Find();
        var found = targets ? $"\"127.0.0.1:{_opsPort}\"" : "";
        var configuration = Path.Combine(Folder, "prometheus.yml");
        await File.WriteAllTextAsync(configuration, $$"""
            global: { scrape_interval: {{ScrapeInterval.TotalSeconds}}s, evaluation_interval: {{ScrapeInterval.TotalSeconds}}s }
            rule_files: [ "{{Path.Combine(Root(AppContext.BaseDirectory), "deploy", "prometheus", "rules")}}/*.yml" ]
            scrape_configs:
              - job_name: bff
                static_configs: [ { targets: [ {{found}} ] } ]
            """);
        _prometheus = Process.Start(new ProcessStartInfo(
            "prometheus",
            [$"--config.file={configuration}", $"--storage.tsdb.path={Folder}/data", $"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]))!;
        _asked = new Uri($"http://127.0.0.1:{port}");
        while (!await IsReadyAsync()) { await Pause.ForAsync(200); }
    }

    public async Task<List<Caller>> LogInAsync(int users)
    {
        var callers = new List<Caller>();
        for (var user = 0; user < users; user++) { callers.Add(await Caller.LogInAsync(Bff.Address, $"user-{user}")); }
        return callers;
    }

    /// <summary>Does this again and again until the world ends.</summary>
    public void Pump(TimeSpan pause, Func<Task> act) => _pumps.Add(Task.Run(async () =>
    {
        while (!_over.IsCancellationRequested)
        {
            try
            {
                await act();
            }
            catch (Exception error) when (error is HttpRequestException or InvalidOperationException or SqliteException)
            {
                // What a fault makes of it.
            }

            await Pause.ForAsync(pause);
        }
    }));

    /// <returns>When it fired; null when it did not within the time.</returns>
    public async Task<TimeSpan?> FiresAsync(string alert, TimeSpan within)
    {
        for (var since = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(since) < within; await Pause.ForAsync(1000))
        {
            if (await IsFiringAsync(alert)) { return Stopwatch.GetElapsedTime(since); }
        }

        return null;
    }

    private async Task<bool> IsFiringAsync(string alert)
    {
        try
        {
            using var answer = JsonDocument.Parse(await Http.GetStringAsync(new Uri(_asked!, "/api/v1/alerts")));
            return answer.RootElement.GetProperty("data").GetProperty("alerts").EnumerateArray()
                .Any(one => one.GetProperty("state").GetString() == "firing" && one.GetProperty("labels").GetProperty("alertname").GetString() == alert);
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            return (await Http.GetAsync(new Uri(_asked!, "/-/ready"))).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public void Execute(string sql)
    {
        using var database = new SqliteConnection($"{Store.ConnectionString};Pooling=False");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static string Root(string folder) => File.Exists(Path.Combine(folder, "Bff.sln")) ? folder : Root(Path.GetDirectoryName(folder)!);

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAll(_pumps);
        Provider.Faults.CutOff();
        if (Bff is not null) { await Bff.DisposeAsync(); }
        if (_prometheus is not null)
        {
            _prometheus.Kill();
            await _prometheus.WaitForExitAsync();
            _prometheus.Dispose();
        }

        await Api.DisposeAsync();
        await Provider.DisposeAsync();
        _over.Dispose();
        SqliteConnection.ClearAllPools();
        _folder.Delete(recursive: true);
    }
}
