using System.Diagnostics;
using System.Text.Json;

namespace Bff.Benchmarks.Load;

/// <summary>
/// A process of its own, told by one line of JSON what to send, which says in another what came of it. It reads the measured process's meters itself, in
/// the moment its own counting begins and ends.
/// </summary>
internal static class LoadGenerator
{
    /// <summary>Calls at once on a connection of HTTP/2: a page has few connections and many calls.</summary>
    private const int StreamsPerConnection = 8;

    private static readonly TimeSpan LastAnswer = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync()
    {
        Console.WriteLine("ready");
        while (await Console.In.ReadLineAsync() is { } line)
        {
            Console.WriteLine(JsonSerializer.Serialize(await RunAsync(JsonSerializer.Deserialize<LoadOrder>(line)!)));
        }

        return 0;
    }

    private static Task[] Http1(LoadOrder order, byte[][] requests, Phase phase, Tally[] tallies) => [.. tallies.Select((tally, number) =>
    {
        var schedule = new Schedule(order.Rate, tallies.Length, number);
        return Task.Run(() => new Http1Connection(order.Port, requests, number, tallies.Length, schedule, phase, tally).RunAsync());
    })];

    private static Task[] Http2(int port, Requests requests, Phase phase, Tally[] tallies) => [.. tallies.Select((tally, number) => Task.Run(async () =>
    {
        using var connection = new Http2Connection(port, requests, StreamsPerConnection, number, tallies.Length, phase, tally);
        await connection.RunAsync();
    }))];

    private static async Task<LoadResult> RunAsync(LoadOrder order)
    {
        var phase = new Phase();
        var requests = new Requests(order);
        var tallies = Enumerable.Range(0, order.Http2 ? Math.Max(order.Connections / StreamsPerConnection, 1) : order.Connections)
            .Select(_ => new Tally(phase)).ToArray();
        var connections = order.Http2 ? Http2(order.Port, requests, phase, tallies) : Http1(order, requests.ForHttp1(), phase, tallies);
        await Task.Delay(TimeSpan.FromSeconds(order.RampSeconds), TimeProvider.System);

        var all = ProcessUsage.ParentOf(Environment.ProcessId);
        var othersBefore = ProcessUsage.CpuOfMachine() - ProcessUsage.CpuOf(all);
        var before = ProcessUsage.Of(order.ProcessId);
        var (ownBefore, startedAt) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        phase.Begin();
        await Task.Delay(TimeSpan.FromSeconds(order.Seconds), TimeProvider.System);
        phase.End();
        var took = Stopwatch.GetElapsedTime(startedAt);
        var (own, after) = (Environment.CpuUsage.TotalTime - ownBefore, ProcessUsage.Of(order.ProcessId));
        var others = ProcessUsage.CpuOfMachine() - ProcessUsage.CpuOf(all) - othersBefore;
        var resident = ProcessUsage.ResidentBytesOf(order.ProcessId);
        try
        {
            await Task.WhenAll(connections).WaitAsync(LastAnswer, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            tallies[0].Fail($"a call that was not answered within {LastAnswer.TotalSeconds:F0} s after the others");
        }

        var latencies = new Latencies();
        foreach (var tally in tallies) { latencies.Add(tally.Latencies); }
        var calls = Math.Max(latencies.Count, 1);
        var hasCalls = latencies.Count > 0 || order.Connections == 0;   // without connections what the process does by itself is measured
        return new LoadResult
        {
            Calls = latencies.Count,
            Failed = hasCalls ? tallies.Sum(tally => tally.Failed) : 1,
            Failure = tallies.Select(tally => tally.Failure).FirstOrDefault(failure => failure is not null) ?? (hasCalls ? null : "there was not one call"),
            Seconds = took.TotalSeconds,
            CpuPerCall = (after.Cpu - before.Cpu).TotalMicroseconds / calls,
            AllocatedPerCall = (double?)(after.AllocatedBytes - before.AllocatedBytes) / calls,
            Collections = after.Collections - before.Collections,
            FullCollections = after.FullCollections - before.FullCollections,
            CompiledMethods = after.CompiledMethods - before.CompiledMethods,
            P50 = latencies.At(0.5),
            P99 = latencies.At(0.99),
            P999 = latencies.At(0.999),
            Max = latencies.At(1),
            ResidentBytes = resident,
            Others = Math.Clamp(others / took / Environment.ProcessorCount, 0, 1),
            LoadCpuPerCall = own.TotalMicroseconds / calls,
        };
    }
}
