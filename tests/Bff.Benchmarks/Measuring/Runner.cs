using System.Text.Json;
using Bff.Benchmarks.Load;
using Bff.Benchmarks.Roles;
using Bff.Faults;

namespace Bff.Benchmarks.Measuring;

/// <summary>Takes each scenario's contenders in turn, round by round.</summary>
internal sealed class Runner(BenchmarkOptions options, Bench bench)
{
    public async Task<IReadOnlyList<(Scenario Scenario, IReadOnlyList<Measurement> Measurements)>> RunAsync()
    {
        await using var load = await Role.StartAsync("load");
        await using var world = await World.StartAsync(bench);
        var results = new List<(Scenario, IReadOnlyList<Measurement>)>();
        foreach (var scenario in options.Scenarios)
        {
            bench.Scenario = scenario.Name;
            results.Add((scenario, await MeasureAsync(load, world, scenario)));
        }

        return results;
    }

    private async Task<IReadOnlyList<Measurement>> MeasureAsync(Role load, World world, Scenario scenario)
    {
        var contenders = new List<Contender>();
        foreach (var name in options.Contenders) { contenders.Add(await world.FindAsync(name)); }
        foreach (var contender in contenders)
        {
            var warm = await LoadAsync(load, world, scenario, contender, options.WarmUpSeconds);
            bench.Say($"{contender.Name} is warm: {Told(warm)}");
        }

        var rounds = contenders.ToDictionary(contender => contender, _ => new List<LoadResult>());
        for (var round = 0; round < options.Rounds; round++)
        {
            foreach (var contender in contenders)
            {
                var result = await LoadAsync(load, world, scenario, contender, options.Seconds);
                rounds[contender].Add(result);
                bench.Say($"round {round + 1} of {options.Rounds}, {contender.Name}: {Told(result)}");
            }
        }

        return [.. contenders.Select(contender => new Measurement(contender.Name, rounds[contender]))];
    }

    private async Task<LoadResult> LoadAsync(Role load, World world, Scenario scenario, Contender contender, double seconds)
    {
        var order = new LoadOrder
        {
            Port = contender.Port,
            ProcessId = contender.ProcessId,
            Http2 = scenario.Http2,
            Connections = options.Connections,
            Method = scenario.Method,
            Path = contender.Name == Contender.Direct ? $"/open/{scenario.Payload}" : scenario.Path,
            CookieFile = world.CookieFile,
            Sessions = scenario.Sessions,
            BodyBytes = scenario.BodyBytes,
            Rate = scenario.Rate,
            Seconds = seconds,
        };
        return JsonSerializer.Deserialize<LoadResult>(await load.AskAsync(JsonSerializer.Serialize(order)))!;
    }

    private static string Told(LoadResult result) =>
        $"{result.CpuPerCall:F1} µs a call, {result.CallsPerSecond:N0} calls/s, p99 {result.P99 / 1000:F2} ms, {result.AllocatedPerCall:N0} bytes a call"
        + (result.Failed > 0 ? $", {result.Failed:N0} FAILED: {result.Failure}" : "");
}
