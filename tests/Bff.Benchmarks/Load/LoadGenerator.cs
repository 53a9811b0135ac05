using System.Diagnostics;
using System.Text.Json;

namespace Bff.Benchmarks.Load;

/// <summary>
/// A process of its own, told by one line of JSON what to send, which says in another what came of it. It reads the measured process's meters itself, in
/// the moment its own counting begins and ends.
/// </summary>
internal static class LoadGenerator
{
    public static async Task<int> RunAsync()
    {
        Console.WriteLine("ready");
        while (await Console.In.ReadLineAsync() is { } line)
        {
            Console.WriteLine(JsonSerializer.Serialize(await RunAsync(JsonSerializer.Deserialize<LoadOrder>(line)!)));
        }

        return 0;
    }

    private static async Task<LoadResult> RunAsync(LoadOrder order)
    {
        var phase = new Phase();
        var tallies = Enumerable.Range(0, order.Connections).Select(_ => new Tally(phase)).ToArray();
        var requests = new Requests(order).ForHttp1();
        var connections = tallies.Select((tally, number) => Task.Run(() => new Http1Connection(
            order.Port, requests, number, order.Connections, new Schedule(order.Rate, order.Connections, number), phase, tally).RunAsync())).ToArray();
        await Task.Delay(TimeSpan.FromSeconds(order.RampSeconds), TimeProvider.System);

        var before = ProcessUsage.Of(order.ProcessId);
        var (ownBefore, startedAt) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        phase.Begin();
        await Task.Delay(TimeSpan.FromSeconds(order.Seconds), TimeProvider.System);
        phase.End();
        var took = Stopwatch.GetElapsedTime(startedAt);
        var (own, after) = (Environment.CpuUsage.TotalTime - ownBefore, ProcessUsage.Of(order.ProcessId));
        var resident = ProcessUsage.ResidentBytesOf(order.ProcessId);
        await Task.WhenAll(connections);

        var all = new Latencies();
        foreach (var tally in tallies) { all.Add(tally.Latencies); }
        var calls = Math.Max(all.Count, 1);
        return new LoadResult
        {
            Calls = all.Count,
            Failed = tallies.Sum(tally => tally.Failed),
            Failure = tallies.Select(tally => tally.Failure).FirstOrDefault(failure => failure is not null),
            Seconds = took.TotalSeconds,
            CpuPerCall = (after.Cpu - before.Cpu).TotalMicroseconds / calls,
            AllocatedPerCall = (double?)(after.AllocatedBytes - before.AllocatedBytes) / calls,
            Collections = after.Collections - before.Collections,
            FullCollections = after.FullCollections - before.FullCollections,
            P50 = all.At(0.5),
            P99 = all.At(0.99),
            P999 = all.At(0.999),
            Max = all.At(1),
            ResidentBytes = resident,
            LoadCpuPerCall = own.TotalMicroseconds / calls,
        };
    }
}
