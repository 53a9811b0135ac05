using System.Text.Json;
using Bff.Benchmarks.Load;
using Bff.Benchmarks.Roles;
using Bff.Faults;

namespace Bff.Benchmarks.Measuring;

/// <summary>Takes each scenario's contenders in turn, round by round.</summary>
internal sealed class Runner(BenchmarkOptions options, Bench bench)
{
    public async Task<BenchmarkResult> RunAsync()
    {
        await using var load = await Role.StartAsync("load");
        var scenarios = new List<ScenarioResult>();
        foreach (var kind in options.Scenarios.GroupBy(scenario => (scenario.Http2, scenario.Renewing, scenario.Asked)))
        {
            // Whoever renews has work to do between its windows, so it is alone while it runs.
            IReadOnlyList<string>[] worlds = kind.Key.Renewing
                ? [.. options.Contenders.Where(Contender.CanRenew).Select(name => new[] { name })]
                : [options.Contenders];
            var measured = new Dictionary<Scenario, Dictionary<string, Windows>>();
            foreach (var names in Enumerable.Repeat(worlds, options.Starts).SelectMany(all => all))
            {
                await using var world = await World.StartAsync(bench, options.Settings, kind.Key.Http2, kind.Key.Renewing, asked: kind.Key.Asked);
                foreach (var scenario in kind)
                {
                    bench.Scenario = scenario.Name;
                    if (!measured.TryGetValue(scenario, out var windows)) { measured[scenario] = windows = []; }
                    await MeasureAsync(load, world, scenario, [.. names, .. Beside(scenario, names)], windows);
                    if (windows.TryGetValue(Contender.Bound, out var bound))
                    {
                        bound.Note = Compared(bound, windows[Contender.Sqlite], "a call with a bearer token") + "; the target is at most 1.50";
                    }

                    if (windows.TryGetValue(Contender.Gateway, out var asked))
                    {
                        asked.Note = Compared(asked, windows[Contender.Sqlite], "a call that Bff forwards");
                    }
                }
            }

            scenarios.AddRange(measured.Select(pair => ResultOf(pair.Key, pair.Value)));
        }

        return new(Report.Machine(), TimeProvider.System.GetUtcNow(), options.Connections, options.Starts, options.Rounds, options.Seconds, scenarios);
    }

    private sealed class Windows : List<LoadResult>
    {
        public string? Note { get; set; }

        public long Renewed { get; set; }

        public long Expired { get; set; }
    }

    private static ScenarioResult ResultOf(Scenario scenario, Dictionary<string, Windows> measured) => new(scenario.Name, scenario.Title,
        [.. measured.Select(pair => ContenderResult.Of(pair.Key, pair.Value, measured.GetValueOrDefault(Contender.Bare), pair.Value.Note))]);

    private static IEnumerable<string> Beside(Scenario scenario, IReadOnlyList<string> names) => !names.Contains(Contender.Sqlite) ? []
        : scenario.Bound ? [Contender.Bound] : scenario.Asked ? [Contender.Gateway] : [];

    private static string Compared(Windows one, Windows usual, string what)
    {
        var ratio = Spread.Of(one.Zip(usual, (ours, theirs) => (double?)(ours.CpuPerCall / theirs.CpuPerCall)))!;
        var median = Spread.Of(one.Select(window => (double?)window.CpuPerCall))!.Median
            / Spread.Of(usual.Select(window => (double?)window.CpuPerCall))!.Median;
        return $"{median:F2} times the CPU of {what} ({ratio.Least:F2}–{ratio.Most:F2})";
    }

    private async Task MeasureAsync(Role load, World world, Scenario scenario, IEnumerable<string> names, Dictionary<string, Windows> windows)
    {
        var contenders = new List<Contender>();
        foreach (var name in names)
        {
            if (await world.FindAsync(name) is not { } contender) { continue; }
            contenders.Add(contender);
            windows.TryAdd(name, []);
        }

        var alone = scenario.Renewing ? await RenewAloneAsync(load, world, contenders[0]) : null;
        foreach (var contender in contenders) { await WarmAsync(load, world, scenario with { Rate = 0 }, contender); }

        var (renewed, expired) = (world.Renewals, await world.ExpiredAsync());
        for (var round = 0; round < options.Rounds; round++)
        {
            foreach (var contender in contenders)
            {
                var result = await LoadAsync(load, world, scenario, contender, options.Seconds);
                windows[contender.Name].Add(result);
                if (options.Seconds >= 1) { bench.Say($"round {round + 1} of {options.Rounds}, {contender.Name}: {Told(result)}"); }
            }
        }

        if (!scenario.Renewing || world.Renewals == renewed) { return; }
        expired = await world.ExpiredAsync() - expired;
        var measured = windows[contenders[0].Name];
        (measured.Renewed, measured.Expired) = (measured.Renewed + world.Renewals - renewed, measured.Expired + expired);
        measured.Note = $"{measured.Renewed:N0} tokens were renewed meanwhile{alone}; {measured.Expired:N0} calls reached the upstream "
            + "with one that had expired";
    }

    /// <summary>What renewals cost while nobody calls, which is no call's cost.</summary>
    private async Task<string?> RenewAloneAsync(Role load, World world, Contender contender)
    {
        await Pause.ForAsync(world.SettlesAfter);
        var (renewed, startedAt) = (world.Renewals, TimeProvider.System.GetTimestamp());
        var idle = await LoadAsync(load, new LoadOrder
        {
            Port = contender.Port, ProcessId = contender.ProcessId, Path = "/", Connections = 0, RampSeconds = 0, Seconds = options.Seconds,
        });
        renewed = world.Renewals - renewed;
        if (renewed == 0) { return null; }
        var perSecond = renewed / TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds;
        bench.Say($"without calls {perSecond:N0} renewals a second, {idle.CpuPerCall / renewed:N0} µs of CPU each");
        return $" (without calls: {perSecond:N0} a second, {idle.CpuPerCall / renewed:N0} µs of CPU each)";
    }

    /// <summary>For a while, for many calls, and until the compiler has done what it will do, which on busy cores takes a minute and more.</summary>
    private async Task WarmAsync(Role load, World world, Scenario scenario, Contender contender)
    {
        const int Parts = 4, MostParts = 48, Few = 5;
        var calls = 0L;
        LoadResult? result = null;
        for (var part = 1; part <= MostParts; part++)
        {
            result = await LoadAsync(load, world, scenario, contender, options.WarmUpSeconds / Parts);
            calls += result.Calls;
            if (result.Failed > 0) { throw new InvalidOperationException($"{contender.Name} fails calls while it warms up: {result.Failure}"); }
            if (part >= Parts && calls >= options.WarmUpCalls && result.CompiledMethods <= Few) { break; }
        }

        bench.Say($"{contender.Name} is warm after {calls:N0} calls: {Told(result!)}, {result!.CompiledMethods} methods compiled in the last part");
    }

    private Task<LoadResult> LoadAsync(Role load, World world, Scenario scenario, Contender contender, double seconds) =>
        LoadAsync(load, new LoadOrder
        {
            Port = contender.Port,
            ProcessId = contender.ProcessId,
            Http2 = scenario.Http2,
            Connections = options.Connections,
            Method = scenario.Method,
            Path = contender.Name == Contender.Direct ? $"/open/{scenario.Payload}" : contender.Asks.Prefix + scenario.Path,
            Headers = contender.Asks.Headers,
            CookieFile = contender.CookieFile ?? world.CookieFile,
            Sessions = scenario.Sessions,
            BodyBytes = scenario.BodyBytes,
            Rate = scenario.Rate,
            RampSeconds = options.RampSeconds,
            Seconds = seconds,
        });

    private static async Task<LoadResult> LoadAsync(Role load, LoadOrder order) =>
        JsonSerializer.Deserialize<LoadResult>(await load.AskAsync(JsonSerializer.Serialize(order)))!;

    private static string Told(LoadResult result) =>
        $"{result.CpuPerCall:F1} µs a call, {result.CallsPerSecond:N0} calls/s, p99 {result.P99 / 1000:F2} ms, {result.AllocatedPerCall:N0} bytes a call"
        + (result.Failed > 0 ? $", {result.Failed:N0} FAILED: {result.Failure}" : "");
}
