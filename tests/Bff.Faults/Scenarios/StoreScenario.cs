using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Bff.ClusterTests;
using Bff.HostTests;
using Bff.Sessions;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Bff.Faults.Scenarios;

/// <summary>
/// The store goes away under steady calls, for so long that every access token expires meanwhile: stopped, frozen, restarted, out of connections; full, locked,
/// deleted, damaged. Copies of sessions may serve as long as the fault lasts.
/// </summary>
internal static class StoreScenario
{
    private const int Users = 10;
    private const double LongestCall = 3.0, LongestProbe = 1.2, LongestRecovery = 2.0;

    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan BetweenCalls = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(8);

    /// <param name="Name">In the table.</param>
    /// <param name="Begin">Makes the fault, and says how it ends.</param>
    /// <param name="IsShort">Over as soon as it was made.</param>
    private sealed record Fault(string Name, Func<Task<Func<Task>>> Begin, bool IsShort = false);

    public static async Task RunAsync(Bench bench)
    {
        if (bench.Kinds.Contains(SessionsOptions.PostgreSql)) { await PostgreSqlAsync(bench); }
        if (bench.Kinds.Contains(SessionsOptions.Sqlite)) { await SqliteAsync(bench); }
    }

    private static async Task PostgreSqlAsync(Bench bench)
    {
        var store = await bench.NewStoreAsync(SessionsOptions.PostgreSql);
        var server = await bench.ServerAsync();
        Fault[] faults =
        [
            new("stopped", async () =>
            {
                await server.StopAsync();
                return server.ResumeAsync;
            }),
            new("frozen", () =>
            {
                server.Freeze();
                return Ending(server.Thaw);
            }),
            new("restarted", async () =>
            {
                await server.StopAsync();
                await server.ResumeAsync();
                return () => Task.CompletedTask;
            }, IsShort: true),
            new("out of connections", () => TakeAllAsync(store.ConnectionString)),
        ];
        foreach (var fault in faults) { await RunAsync(bench, await bench.NewStoreAsync(SessionsOptions.PostgreSql), fault); }
    }

    private static async Task SqliteAsync(Bench bench)
    {
        foreach (var name in new[] { "full", "locked", "deleted", "damaged" })
        {
            var folder = bench.NewFolder();
            if (name == "full") { await ShellAsync("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder); }
            try
            {
                var file = Path.Combine(folder, "bff.db");
                await RunAsync(bench, new Store("SQLite", SessionsOptions.Sqlite, "Data Source=" + file), new Fault(name, () => name switch
                {
                    "full" => FillAsync(folder),
                    "locked" => LockAsync(file),
                    "damaged" => DamageAsync(file),
                    _ => DeleteAsync(file),
                }, IsShort: name == "deleted"));
            }
            finally
            {
                if (name == "full") { await ShellAsync("umount", folder); }
            }
        }
    }

    private static async Task RunAsync(Bench bench, Store store, Fault fault)
    {
        var lasts = fault.IsShort ? TimeSpan.Zero : TimeSpan.FromSeconds(bench.Quick ? 8 : 20);
        await using var provider = await PretendProvider.StartAsync(TimeProvider.System);
        await using var api = await PretendApi.StartAsync(provider, TimeProvider.System);
        provider.Lifetime = Lifetime;
        var ops = new Uri($"http://127.0.0.1:{FreePort.Find()}");
        await using var bff = await BffProcess.StartAsync(
            bench, store, provider.Issuer, api.Address, ("Bff:Ops:Url", ops.ToString()), ("Bff:Sessions:CacheLifetimeDuringOutage", "00:10:00"));
        var callers = new List<Caller>();
        while (!(await Caller.BeginSignInAsync(bff.Address)).Status.Equals(302)) { await Pause.ForAsync(500); }   // a busy machine takes its time for the first
        for (var user = 0; user < Users; user++) { callers.Add(await Caller.LogInAsync(bff.Address, $"user-{user}")); }

        var (calls, probes, signIns) = (new ConcurrentQueue<Caller.Answer>(), new ConcurrentQueue<Caller.Answer>(), new ConcurrentQueue<Caller.Answer>());
        using var stop = new CancellationTokenSource();
        var pumps = callers.ConvertAll(caller => caller.PumpAsync(bff.Address, calls, BetweenCalls, stop.Token));
        pumps.Add(RepeatAsync(() => Caller.ProbeAsync(ops), probes, stop.Token));
        pumps.Add(RepeatAsync(() => Caller.BeginSignInAsync(bff.Address), signIns, stop.Token));
        await Pause.ForAsync(Before);

        var began = TimeProvider.System.GetUtcNow();
        var end = await fault.Begin();
        await Pause.ForAsync(lasts);
        await end();
        var ended = TimeProvider.System.GetUtcNow();
        await Pause.ForAsync(After);
        await stop.CancelAsync();
        await Task.WhenAll(pumps);

        var during = calls.Where(answer => answer.EndedAt >= began && answer.SentAt <= ended).ToList();
        var lastFailure = calls.Concat(signIns).Where(
            answer => answer.EndedAt > ended && answer.Status is not (200 or 302)).Select(answer => answer.EndedAt).DefaultIfEmpty(ended).Max();
        var sheet = bench.Sheet(
            $"{store.Name} {fault.Name}{(lasts > TimeSpan.Zero ? $" for {lasts.TotalSeconds:F0} s" : "")}, {Users} users, tokens of "
            + $"{Lifetime.TotalSeconds:F0} s");
        sheet.Inform("calls during the fault, by answer", ByStatus(during));
        sheet.Inform("sign-ins begun / readiness during the fault, by answer", $"{ByStatus(During(signIns))} / {ByStatus(During(probes))}");
        sheet.Exactly(
            ("answers 500 and above but 503", calls.Concat(signIns).Count(answer => answer.Status is not 503 and (0 or >= 500)), 0),
            ("503 without Retry-After", calls.Count(answer => answer.Status == 503 && answer.RetryAfter is null), 0),
            ("other codes than store_unavailable",
                calls.Count(answer => answer.Status == 503 && !answer.Said.Contains("store_unavailable", StringComparison.Ordinal)), 0));
        sheet.AtMost("longest call or sign-in", calls.Concat(signIns).Max(answer => answer.Took.TotalSeconds), LongestCall, "0.00 s");
        sheet.AtMost("longest answer of /readyz", probes.Max(answer => answer.Took.TotalSeconds), LongestProbe, "0.00 s");
        sheet.AtMost("last failed answer after the fault", (lastFailure - ended).TotalSeconds, LongestRecovery, "0.0 s");
        sheet.Exactly(
            ("calls answered 401", calls.Count(answer => answer.Status == 401), 0),
            ("sessions lost at the end", await OutageScenario.LostAsync(callers, bff), 0),
            ("used tokens replayed", provider.Reuses, 0));
        var lines = StoreLines(bff.Log);
        sheet.AtMost("most log lines about it in a second", lines.Count == 0 ? 0 : lines.GroupBy(line => line).Max(second => second.Count()), 2, "0");
        sheet.Exactly("stack traces in the log", File.ReadLines(bff.Log).Count(line => line.TrimStart().StartsWith("at ", StringComparison.Ordinal)), 0);
        if (fault.Name == "deleted")
        {
            sheet.Exactly("the file is there again (1: yes)", File.Exists(new SqliteConnectionStringBuilder(store.ConnectionString).DataSource) ? 1 : 0, 1);
        }

        IEnumerable<Caller.Answer> During(IEnumerable<Caller.Answer> all) => all.Where(answer => answer.EndedAt >= began && answer.SentAt <= ended);
    }

    private static string ByStatus(IEnumerable<Caller.Answer> answers) =>
        string.Join(
            ", ",
            answers.CountBy(answer => answer.Status).OrderBy(status => status.Key).Select(status => $"{status.Key}: {status.Value:N0}")) is { Length: > 0 } some
            ? some
            : "none";

    /// <summary>The second of each line that a broken store was the reason for.</summary>
    private static List<string> StoreLines(string log) =>
    [
        .. File.ReadLines(log).Where(line => line.Contains("fail: ", StringComparison.Ordinal) || line.Contains("warn: ", StringComparison.Ordinal))
            .Where(line => line.Contains("store", StringComparison.Ordinal)).Select(line => line.Split('.')[0]),
    ];

    private static async Task RepeatAsync(Func<Task<Caller.Answer>> ask, ConcurrentQueue<Caller.Answer> answers, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            answers.Enqueue(await ask());
            await Pause.ForAsync(500);
        }
    }

    private static Task<Func<Task>> Ending(Action end) => Task.FromResult<Func<Task>>(() =>
    {
        end();
        return Task.CompletedTask;
    });

    /// <summary>Takes every connection the server has, those of Bff included.</summary>
    private static async Task<Func<Task>> TakeAllAsync(string connectionString)
    {
        var taken = new List<NpgsqlConnection>();
        var admin = await OpenAsync();
        using var stop = new CancellationTokenSource();
        for (var round = 0; round < 5; round++)
        {
            await using (var kill = new NpgsqlCommand("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'Bff'",
                admin)) { await kill.ExecuteNonQueryAsync(); }
            try
            {
                while (true) { taken.Add(await OpenAsync()); }
            }
            catch (NpgsqlException)
            {
                // There is none left.
            }
        }

        return async () =>
        {
            foreach (var connection in taken.Append(admin)) { await connection.DisposeAsync(); }
        };

        async Task<NpgsqlConnection> OpenAsync()
        {
            var connection = new NpgsqlConnection(connectionString + ";Pooling=false;Application Name=hog");
            await connection.OpenAsync();
            return connection;
        }
    }

    private static async Task<Func<Task>> FillAsync(string folder)
    {
        var file = Path.Combine(folder, "filler");
        try
        {
            await using var filler = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            while (true) { filler.Write(new byte[4096]); }
        }
        catch (IOException)
        {
            // Full.
        }

        return () =>
        {
            File.Delete(file);
            return Task.CompletedTask;
        };
    }

    private static async Task<Func<Task>> LockAsync(string file)
    {
        var connection = new SqliteConnection($"Data Source={file};Pooling=False;Default Timeout=5");
        await connection.OpenAsync();
        await using (var begin = connection.CreateCommand())
        {
            begin.CommandText = "BEGIN EXCLUSIVE";
            await begin.ExecuteNonQueryAsync();
        }

        return async () => await connection.DisposeAsync();
    }

    private static Task<Func<Task>> DeleteAsync(string file)
    {
        foreach (var each in new[] { file, file + "-wal", file + "-shm" }) { File.Delete(each); }
        return Ending(() => { });
    }

    /// <summary>Overwrites every page but the first, and puts back what was there.</summary>
    private static async Task<Func<Task>> DamageAsync(string file)
    {
        const int page = 4096;
        using (var connection = new SqliteConnection($"Data Source={file};Pooling=False"))
        {
            connection.Open();
            using var checkpoint = connection.CreateCommand();
            checkpoint.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
            checkpoint.ExecuteNonQuery();
        }

        var whole = await File.ReadAllBytesAsync(file);
        var damaged = (byte[])whole.Clone();
        Random.Shared.NextBytes(damaged.AsSpan(page));
        Write(damaged);
        return () =>
        {
            Write(whole);
            return Task.CompletedTask;
        };

        void Write(byte[] bytes)
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            stream.Write(bytes);
        }
    }

    private static async Task ShellAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) { throw new InvalidOperationException($"{program} ended with {process.ExitCode.ToString(CultureInfo.InvariantCulture)}."); }
    }
}
