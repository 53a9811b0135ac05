using System.Diagnostics;
using Bff.Faults;

namespace Bff.ClusterTests.Running;

/// <summary>What calls cost the store, as its own server counts it.</summary>
[Collection(nameof(OneClusterOnly))]
public sealed class StoreLoadTests(ITestOutputHelper output)
{
    private const int Calls = 1000;

    /// <summary>A node looks after all sessions every few seconds, which may fall into the time of the calls; not each time.</summary>
    private const int Tries = 10;

    /// <summary>In it, a node does what it does by itself; what it does more seldom meets some of the tries only.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(6);

    [Theory]
    [MemberData(nameof(ClusterStore.RedisAtLeast), MemberType = typeof(ClusterStore))]
    public async Task A_thousand_calls_of_a_known_session_cost_the_store_one_operation_at_most(string kind)
    {
        // A busy machine needs longer for the calls than a copy lives by default.
        await using var cluster = await Cluster.StartAsync(kind, nodes: 1, ("Bff:Sessions:CacheLifetime", "00:01:00"));
        var (node, caller) = (cluster.Nodes[0], Caller.WithKey(await cluster.LogInAsync("alice")));
        await CallAsync(caller, node, 10);

        var quiet = await CountAsync(cluster.Store, () => Pause.ForAsync(Quiet));
        var costs = new List<long>();
        do { costs.Add(await CostAsync(kind, cluster.Store, quiet, () => CallAsync(caller, node, Calls))); }
        while (costs[^1] > 1 && costs.Count < Tries);

        costs.Min().ShouldBeLessThanOrEqualTo(1);
    }

    private async Task<long> CostAsync(
        string kind, ClusterStore store, (TimeSpan Took, Dictionary<string, long> Operations) quiet, Func<Task> callAsync)
    {
        var calls = await CountAsync(store, callAsync);

        // What a node does by itself in such a time, it may do once more, as the moment has it.
        var cost = calls.Operations.Sum(operation => quiet.Operations.TryGetValue(operation.Key, out var byItself)
            ? Math.Max(0, operation.Value - 1 - (long)Math.Ceiling(byItself * (calls.Took / quiet.Took)))
            : operation.Value);
        output.WriteLine(
            $"{kind}: {Calls:N0} calls in {calls.Took.TotalSeconds:F1} s, {calls.Operations.Values.Sum()} operations meanwhile; without calls "
            + $"{quiet.Operations.Values.Sum()} in {quiet.Took.TotalSeconds:F0} s; so the calls cost {cost}");
        foreach (var (name, times) in calls.Operations) { output.WriteLine($"{times} × {name.ReplaceLineEndings(" ")}"); }
        return cost;
    }

    private static async Task CallAsync(Caller caller, ClusterNode node, int calls)
    {
        const int atOnce = 8;
        await Parallel.ForAsync(0, calls, new ParallelOptions { MaxDegreeOfParallelism = atOnce },
            async (_, cancel) => (await caller.GetAsync(node.Address, cancel)).Status.ShouldBe(200));
    }

    private static async Task<(TimeSpan Took, Dictionary<string, long> Operations)> CountAsync(ClusterStore store, Func<Task> act)
    {
        var before = await store.CountOperationsAsync();
        var began = Stopwatch.GetTimestamp();
        await act();
        var took = Stopwatch.GetElapsedTime(began);
        var after = await store.CountOperationsAsync();
        return (took, after.Select(entry => (entry.Key, Times: entry.Value - before.GetValueOrDefault(entry.Key))).Where(entry => entry.Times > 0)
            .ToDictionary(entry => entry.Key, entry => entry.Times));
    }
}
