using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using Bff.Benchmarks.Account;
using Bff.Benchmarks.Pieces;
using Bff.Faults;
using Bff.Sessions;

namespace Bff.Benchmarks.Measuring;

/// <summary>What <c>bench.sh</c> takes.</summary>
internal static class BenchmarkCommand
{
    /// <summary>A machine with neighbours may be wrong once, and twice.</summary>
    private const int MostRuns = 3;

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private const string Redis = "redis", RedisCluster = "redis-cluster";

    /// <summary>What can have a million sessions.</summary>
    private static readonly (string Name, string Store)[] Kinds =
    [
        (Contender.Sqlite, SessionsOptions.Sqlite), (Contender.PostgreSql, SessionsOptions.PostgreSql), (Redis, SessionsOptions.Redis),
        (RedisCluster, Bench.RedisInCluster),
    ];

    public static RootCommand Describe()
    {
        var root = new Option<string>("--root") { Hidden = true, DefaultValueFactory = _ => "." };
        var build = new Option<string?>("--build") { Description = "Another published Bff than this tree's.", HelpName = "FOLDER" };
        var scenario = new Option<string[]>("--scenario")
        {
            Description = "Only this one; may be given several times.\n" + string.Join('\n', Scenario.All.Select(one => $"{one.Name}: {one.Title}")),
            HelpName = "NAME",
        };
        scenario.AcceptOnlyFromAmong([.. Scenario.All.Select(one => one.Name)]);
        var only = new Option<string[]>("--only")
        {
            Description = "Only this contender; may be given several times.\n"
                + string.Join('\n', Contender.Names.Select(name => $"{name}: {Contender.LabelOf(name)}"))
                + $"\n{Redis}, {RedisCluster}: with --million",
            HelpName = "NAME",
        };
        only.AcceptOnlyFromAmong([.. Contender.Names, Redis, RedisCluster]);
        var starts = new Option<int>("--starts")
        {
            Description = "So often all contenders are started anew, with as many rounds each: processes of one program differ by a tenth.",
            DefaultValueFactory = _ => 1,
        };
        var rounds = new Option<int>("--rounds") { Description = "Windows of each contender, taken in turn.", DefaultValueFactory = _ => 5 };
        var seconds = new Option<double>("--seconds") { Description = "The length of a window.", DefaultValueFactory = _ => 4 };
        var warmUp = new Option<double>("--warm-up") { Description = "Seconds of load on each contender before a scenario.", DefaultValueFactory = _ => 10 };
        var connections = new Option<int>("--connections") { Description = "Kept, each with one call at a time.", DefaultValueFactory = _ => 32 };
        var set = new Option<string[]>("--set") { Description = "A setting of Bff, as Bff:Telemetry:…=…; may be given several times.", HelpName = "KEY=VALUE" };
        starts.Validators.Add(AtLeastOne);
        rounds.Validators.Add(AtLeastOne);
        connections.Validators.Add(AtLeastOne);
        set.Validators.Add(result =>
        {
            var wrong = result.Tokens.Select(token => token.Value).FirstOrDefault(value => !value.Contains('=', StringComparison.Ordinal));
            if (wrong is not null) { result.AddError($"--set {wrong}: write KEY=VALUE."); }
        });
        var json = new Option<string?>("--json") { Description = "Write everything there, for charts.", HelpName = "FILE" };
        var quick = new Option<bool>("--quick")
        {
            Description = "In about a minute: bare YARP and Bff on SQLite, the first scenario. Ends with 1 when Bff costs more, beside bare YARP, than "
                + "the stored baseline allows.",
        };
        var store = new Option<string?>("--baseline") { Description = "write: measure as --quick does, and store it.", HelpName = "write" };
        store.AcceptOnlyFromAmong("write");
        var chart = new Option<string[]>("--chart")
        {
            Description = "Measure nothing; draw the chart of what --json has written.", HelpName = "FILE.json OUT.svg", Arity = new(2, 2),
            AllowMultipleArgumentsPerToken = true,
        };
        var pieces = new Option<string[]>("--pieces")
        {
            Description = "Measure the pieces of a call instead, with BenchmarkDotNet; all, or those whose names have this in them.", HelpName = "FILTER",
            Arity = ArgumentArity.ZeroOrMore, AllowMultipleArgumentsPerToken = true,
        };
        var account = new Option<string[]>("--account")
        {
            Description = "Measure what of a call is whose, by leaving one thing out at a time, in memory and without a network; all, or those named.",
            HelpName = "PIECE", Arity = ArgumentArity.ZeroOrMore, AllowMultipleArgumentsPerToken = true,
        };
        account.AcceptOnlyFromAmong([.. LeftOut.All.Select(one => one.Name)]);
        var memory = new Option<string[]>("--memory")
        {
            Description = "Measure the memory instead, of Bff with 100,000 sessions it has called for, with 4,000 open event streams, or both.",
            HelpName = "sessions streams", Arity = ArgumentArity.ZeroOrMore, AllowMultipleArgumentsPerToken = true,
        };
        memory.AcceptOnlyFromAmong(MemoryMeasure.Kinds);
        var tail = new Option<bool>("--tail")
        {
            Description = "Measure the latencies instead, of calls at a constant rate while Bff sweeps, renews, waits for its store, reloads or collects.",
        };
        var million = new Option<bool>("--million")
        {
            Description = "Measure stores with 1,000,000 sessions instead: bytes and statements for each, 10,000 renewals a minute. "
                + $"--only {string.Join(", --only ", Kinds.Select(kind => kind.Name))}.",
        };
        var sessions = new Option<int>("--sessions") { Description = "With --million: how many.", DefaultValueFactory = _ => 1_000_000 };
        var due = new Option<int>("--due") { Description = "With --million: renewals that are due in a minute.", DefaultValueFactory = _ => 10_000 };
        var minutes = new Option<int>("--minutes") { Description = "With --million: for how long.", DefaultValueFactory = _ => 3 };
        foreach (var count in new[] { sessions, due, minutes }) { count.Validators.Add(AtLeastOne); }
        var command = new RootCommand(
            "What a forwarded call costs, beside bare YARP and others that move the same bytes. Times are printed; only ratios and bytes fail anything.")
        {
            root, build, scenario, only, starts, rounds, seconds, warmUp, connections, set, json, quick, store, chart, pieces, account, memory, tail, million,
            sessions, due, minutes,
        };
        command.Validators.Add(result =>
        {
            if (!result.GetValue(million) && (result.GetValue(only) ?? []).FirstOrDefault(name => name is Redis or RedisCluster) is { } name)
            {
                result.AddError($"--only {name}: with --million.");
            }
        });
        command.SetAction(async parsed =>
        {
            if (parsed.GetResult(account) is not null) { return await AccountCommand.RunAsync(parsed.GetValue(account) ?? []); }
            if (parsed.GetResult(pieces) is not null) { return PiecesCommand.Run(parsed.GetValue(root)!, parsed.GetValue(pieces) ?? []); }
            if (parsed.GetValue(chart) is [var from, var to])
            {
                await File.WriteAllTextAsync(to, Chart.Draw(JsonSerializer.Deserialize<BenchmarkResult>(await File.ReadAllTextAsync(from), Json)!));
                return 0;
            }

            var (scenarios, contenders) = (parsed.GetValue(scenario) ?? [], parsed.GetValue(only) ?? []);
            var options = new BenchmarkOptions
            {
                Build = Path.GetFullPath(parsed.GetValue(build) ?? Path.Combine(parsed.GetValue(root)!, "artifacts/bench/bff")),
                Scenarios = [.. Scenario.All.Where(one => scenarios.Length == 0 || scenarios.Contains(one.Name))],
                Contenders = [.. Contender.Names.Where(name => contenders.Length == 0 || contenders.Contains(name))],
                Starts = parsed.GetValue(starts),
                Rounds = parsed.GetValue(rounds),
                Seconds = parsed.GetValue(seconds),
                WarmUpSeconds = parsed.GetValue(warmUp),
                Connections = parsed.GetValue(connections),
                Settings = parsed.GetValue(set) ?? [],
            };
            if (parsed.GetResult(memory) is not null)
            {
                var kinds = parsed.GetValue(memory) is { Length: > 0 } some ? some : MemoryMeasure.Kinds;
                Console.WriteLine(await InBenchAsync(options, bench => new MemoryMeasure(options, bench).RunAsync(kinds)));
                return 0;
            }

            if (parsed.GetValue(million))
            {
                string[] kinds = [.. Kinds.Where(kind => contenders.Length == 0 || contenders.Contains(kind.Name)).Select(kind => kind.Store)];
                var figures = new MillionOptions(parsed.GetValue(sessions), parsed.GetValue(due), parsed.GetValue(minutes));
                Console.WriteLine(await InBenchAsync(options, bench => new MillionMeasure(figures, bench).RunAsync(kinds)));
                return 0;
            }

            if (parsed.GetValue(tail))
            {
                Console.WriteLine(await InBenchAsync(options, bench => new TailMeasure(options, bench).RunAsync()));
                return 0;
            }

            var writes = parsed.GetValue(store) is not null;
            if (writes && (options.Settings.Count > 0 || parsed.GetValue(build) is not null))
            {
                await Console.Error.WriteLineAsync("A baseline is of this tree as it is: without --set and --build.");
                return 1;
            }

            var isQuick = parsed.GetValue(quick) || writes;
            var result = await RunAsync(isQuick ? options.Quick() : options);
            if (parsed.GetValue(json) is { } file) { await File.WriteAllTextAsync(file, JsonSerializer.Serialize(result, Json)); }
            if (!Worked(result)) { return 1; }
            if (!isQuick) { return 0; }
            var baseline = Path.Combine(parsed.GetValue(root)!, "tests/Bff.Benchmarks/baseline.json");
            if (writes) { return Write(result, baseline); }
            for (var run = 1; !Compare(result, baseline); run++)
            {
                if (run == MostRuns) { return 1; }
                Console.WriteLine("Measuring once more, in new processes: only what is found every time counts.");
                result = await RunAsync(options.Quick());
                if (!Worked(result)) { return 1; }
            }

            return 0;
        });
        return command;
    }

    private static void AtLeastOne(OptionResult result)
    {
        if (result.GetValueOrDefault<int>() < 1) { result.AddError($"{result.Option.Name}: at least 1."); }
    }

    private static async Task<BenchmarkResult> RunAsync(BenchmarkOptions options)
    {
        var result = await InBenchAsync(options, bench => new Runner(options, bench).RunAsync());
        Console.WriteLine(Report.Write(result));
        return result;
    }

    private static async Task<T> InBenchAsync<T>(BenchmarkOptions options, Func<Bench, Task<T>> measure)
    {
        var probes = Directory.CreateTempSubdirectory("bff-bench-probes-").FullName;
        try
        {
            Environment.SetEnvironmentVariable(StartupHook.FolderVariable, probes);
            Environment.SetEnvironmentVariable("DOTNET_STARTUP_HOOKS", typeof(StartupHook).Assembly.Location);
            await using var bench = new Bench(new BenchOptions { Build = options.Build });
            return await measure(bench);
        }
        finally
        {
            Directory.Delete(probes, recursive: true);
        }
    }

    private static bool Worked(BenchmarkResult result)
    {
        var failed = result.Scenarios.SelectMany(one => one.Contenders).Sum(one => one.Failed);
        if (failed > 0) { Console.WriteLine($"{failed:N0} calls failed: these figures are of no use."); }
        return failed == 0;
    }

    private static int Write(BenchmarkResult result, string file)
    {
        var now = Measured(result);
        now.Write(file);
        Console.WriteLine($"Written to {file}: {now.CpuRatio:F2} times the CPU of bare YARP, {now.AllocatedMore:N0} bytes more.");
        return 0;
    }

    private static Baseline Measured(BenchmarkResult result) => Baseline.Of(ResultOf(result, Contender.Sqlite), ResultOf(result, Contender.Bare));

    private static ContenderResult ResultOf(BenchmarkResult result, string name) => result.Scenarios[0].Contenders.Single(one => one.Name == name);

    /// <returns>False when it has become worse.</returns>
    private static bool Compare(BenchmarkResult result, string file)
    {
        var now = Measured(result);
        var baseline = Baseline.Read(file);
        var complaints = baseline.Complaints(now).ToList();
        foreach (var complaint in complaints) { Console.WriteLine(complaint); }
        if (complaints.Count == 0)
        {
            Console.WriteLine(
                $"Bff costs {now.CpuRatio:F2} times the CPU of bare YARP (baseline {baseline.CpuRatio:F2}) and allocates {now.AllocatedMore:N0} bytes more "
                + $"(baseline {baseline.AllocatedMore:N0}).");
        }
        if (baseline.IsBeatenBy(now)) { Console.WriteLine("That is a good deal better than the baseline. Keep it: bench.sh --baseline write"); }
        return complaints.Count == 0;
    }
}
