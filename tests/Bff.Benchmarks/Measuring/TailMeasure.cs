using System.Text.Json;
using Bff.Benchmarks.Load;
using Bff.Benchmarks.Roles;
using Bff.Faults;
using Microsoft.Data.Sqlite;

namespace Bff.Benchmarks.Measuring;

/// <summary>
/// What calls feel of what goes on beside them: a constant rate of calls of some sessions, well below what the machine can, in a quiet window and in windows in
/// which something happens to the node or to other sessions.
/// </summary>
internal sealed class TailMeasure(BenchmarkOptions options, Bench bench)
{
    private const int Rate = 500, Callers = 1_000, Sessions = 20_000, Renewed = 10_000, MaxSweepWindows = 9;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(6), Wave = TimeSpan.FromSeconds(10), StorePause = TimeSpan.FromSeconds(2);

    /// <summary>The scheduler looks for what others have written each half minute.</summary>
    private static readonly TimeSpan UntilWave = TimeSpan.FromSeconds(60);

    private readonly List<(string Name, LoadResult Result)> _windows = [];

    public async Task<string> RunAsync()
    {
        bench.Scenario = "tail";
        var file = Path.Combine(bench.NewFolder(), "more.json");
        await WriteSettingsAsync(file, 1);
        string[] settings = [$"Bff:ConfigFile:0={file}", "Bff:Renewal:MaxConcurrency=128", "Bff:Renewal:MaxPerSecond=5000", .. options.Settings];
        await using var load = await Role.StartAsync("load");
        await using var world = await World.StartAsync(bench, settings, http2: false, renewing: false, Sessions);
        var bff = (await world.FindAsync(Contender.Sqlite))!;
        await using var store = new SqliteConnection(world.Store!.ConnectionString + ";Pooling=False;Default Timeout=10");
        await store.OpenAsync();
        foreach (var _ in Enumerable.Range(0, 6)) { await LoadAsync(load, world, bff, "warm-up", () => Task.CompletedTask, isCounted: false); }

        var waveAt = TimeProvider.System.GetUtcNow() + UntilWave;
        await ExecuteAsync(
            store,
            $"UPDATE sessions SET due_at = {waveAt.ToUnixTimeMilliseconds()} + {Number} % {Renewed} * {(long)Wave.TotalMilliseconds} / {Renewed} WHERE {Number} >= {Callers} AND {Number} < {Callers + Renewed}");
        await QuietAsync();
        await LoadAsync(load, world, bff, "a full collection", () => Task.Run(() => ProcessUsage.Of(bff.ProcessId, StartupHook.Full)));
        await QuietAsync();
        await LoadAsync(load, world, bff, "a reload", () => WriteSettingsAsync(file, 2));
        await QuietAsync();
        await LoadAsync(load, world, bff, "the store is locked for 2 s", async () =>
        {
            await ExecuteAsync(store, "BEGIN IMMEDIATE");
            await Pause.ForAsync(StorePause);
            await ExecuteAsync(store, "ROLLBACK");
        });
        await QuietAsync();
        await Pause.UntilAsync(waveAt);
        var renewed = world.Renewals;
        await LoadAsync(load, world, bff, "1,000 renewals a second", () => Task.CompletedTask);
        renewed = world.Renewals - renewed;
        await Pause.ForAsync(Wave);
        await QuietAsync();
        var over = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        await ExecuteAsync(store, $"UPDATE sessions SET ends_at = {over} WHERE {Number} >= {Callers + Renewed}");
        for (var (window, left) = (0, 1L); left > 0 && window < MaxSweepWindows; window++)
        {
            if (_windows[^1].Name == Sweep) { _windows.RemoveAt(_windows.Count - 1); }
            await LoadAsync(load, world, bff, Sweep, () => Task.CompletedTask);
            left = await AskAsync(store, $"SELECT count(*) FROM sessions WHERE {Number} >= {Callers + Renewed}");
        }

        return Table($"{renewed:N0} tokens were renewed in their window.");

        Task QuietAsync() => LoadAsync(load, world, bff, Quiet, () => Task.CompletedTask);
    }

    private const string Quiet = "quiet", Sweep = "9,000 sessions are swept", Number = "CAST(substr(subject, 6) AS INTEGER)";

    /// <summary>Beside the median of the quiet windows.</summary>
    private string Table(string note)
    {
        var quiet = Spread.Of(_windows.Where(window => window.Name == Quiet).Select(window => (double?)window.Result.P99))!.Median;
        return $"""
            {Report.Machine()}; {Rate} calls a second, {Callers:N0} sessions

            | | p50 ms | p99 ms | × quiet | p99.9 ms | max ms | full collections |
            |---|--:|--:|--:|--:|--:|--:|
            {string.Join('\n', _windows.Select(window => Row(window.Name, window.Result, quiet)))}

            {note}
            """;
    }

    private static string Row(string name, LoadResult result, double quiet) =>
        $"| {name} | {result.P50 / 1e3:F2} | {result.P99 / 1e3:F2} | {result.P99 / quiet:F1} | {result.P999 / 1e3:F1} | {result.Max / 1e3:F1} | "
        + $"{result.FullCollections} |{(result.Failed > 0 ? $" {result.Failed} failed: {result.Failure}" : "")}";

    private async Task LoadAsync(Role load, World world, Contender bff, string name, Func<Task> disturb, bool isCounted = true)
    {
        var order = new LoadOrder
        {
            Port = bff.Port, ProcessId = bff.ProcessId, Path = "/api/json", CookieFile = world.CookieFile, Sessions = Callers, Rate = Rate,
            Connections = options.Connections, Seconds = Window.TotalSeconds,
        };
        var loading = load.AskAsync(JsonSerializer.Serialize(order));
        await Pause.ForAsync(TimeSpan.FromSeconds(order.RampSeconds + 0.5));
        await disturb();
        var result = JsonSerializer.Deserialize<LoadResult>(await loading)!;
        bench.Say($"{name}: p50 {result.P50 / 1e3:F2} ms, p99 {result.P99 / 1e3:F2} ms, max {result.Max / 1e3:F1} ms");
        if (isCounted) { _windows.Add((name, result)); }
    }

    private static Task WriteSettingsAsync(string file, int number) =>
        File.WriteAllTextAsync(file, JsonSerializer.Serialize(new Dictionary<string, int> { ["Bff:Sessions:MaxCachedSessions"] = 100_000 + number }));

    private static async Task ExecuteAsync(SqliteConnection store, string sql)
    {
        await using var command = store.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<long> AskAsync(SqliteConnection store, string sql)
    {
        await using var command = store.CreateCommand();
        command.CommandText = sql;
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
