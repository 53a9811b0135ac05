using System.Collections.Concurrent;
using Bff.Faults;

namespace Bff.ClusterTests.Running;

/// <summary>What users notice while nodes die and are replaced, and the store restarts.</summary>
[Collection(nameof(OneClusterOnly))]
public sealed class LostNodeTests(ITestOutputHelper output)
{
    private const int Users = 200;

    private static readonly TimeSpan TokenLife = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan PauseOfAUser = TimeSpan.FromSeconds(1);

    /// <summary>Between two blows: half of the tokens are renewed in it.</summary>
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(5);

    /// <summary>What the provider has answered is stored: a store that takes longer than <c>Bff:Sessions:StoreTimeout</c> is away.</summary>
    private static readonly TimeSpan Stored = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan StoreAway = TimeSpan.FromSeconds(4);

    /// <summary>From when the store is back: nodes look every second, and the balancer asks each twice.</summary>
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(10);

    [Theory]
    [MemberData(nameof(ClusterStore.RedisAtLeast), MemberType = typeof(ClusterStore))]
    public async Task Nodes_die_and_are_replaced_and_users_notice_nothing_but_503_while_the_store_restarts(string kind)
    {
        // As in compose.cluster.yml: a store that is away makes no node unready, since all have the same.
        await using var cluster = await Cluster.StartAsync(kind, nodes: 3, ("Bff:Ops:ReadyWithoutStore", "true"));
        cluster.World.Api.Forgets = true;
        cluster.World.Provider.Lifetime = TokenLife;
        var callers = (await cluster.LogInAsync(Users)).Select(Caller.WithKey).ToList();
        var (answers, outages) = (new ConcurrentQueue<Caller.Answer>(), new List<Outage>());
        using var stop = new CancellationTokenSource();
        var (began, refreshed) = (TimeProvider.System.GetUtcNow(), cluster.World.Provider.Refreshes);
        var users = callers.Select(caller => Task.Run(() => caller.PumpAsync(cluster.Balancer.Address, answers, PauseOfAUser, stop.Token))).ToList();
        do
        {
            await Pause.ForAsync(Calm);
            foreach (var blow in new[] { KillAsync, ReplaceAsync, RestartAsync })
            {
                await blow(cluster, outages);
                await cluster.IsCompleteAsync();   // which takes some seconds
            }

            await Pause.ForAsync(Calm);
        }
        while (TimeProvider.System.GetUtcNow() - began < ByHand.Time);

        await stop.CancelAsync();
        await Task.WhenAll(users);
        var failed = answers.Where(answer => !answer.Ok).ToList();
        var times = answers.Select(answer => answer.Took).Order().ToList();
        output.WriteLine(
            $"{kind}: {answers.Count:N0} calls of {Users} users in {(TimeProvider.System.GetUtcNow() - began).TotalSeconds:F0} s, "
            + $"{cluster.World.Provider.Refreshes - refreshed:N0} renewals; median {times[times.Count / 2].TotalMilliseconds:F0} ms, "
            + $"99 % {times[times.Count * 99 / 100].TotalMilliseconds:F0} ms, longest {times[^1].TotalSeconds:F1} s");
        foreach (var group in failed.GroupBy(answer => (answer.Status, answer.Said)).OrderByDescending(group => group.Count()))
        {
            output.WriteLine($"{group.Count():N0} × {group.Key.Status} {group.Key.Said.ReplaceLineEndings(" ")}");
        }

        (cluster.World.Provider.Reuses, cluster.World.Api.Refused).ShouldBe((0, 0), "used refresh tokens at the provider, bad tokens at the API");
        failed.RemoveAll(answer => answer is { Status: 503, RetryAfter: not null } && outages.Exists(outage => outage.Contains(answer)));
        failed.ShouldBeEmpty();
        (await cluster.Store.CountWhatALaterVersionKnowsAsync()).ShouldBe(Users);
        foreach (var caller in callers) { (await caller.GetAsync(cluster.Balancer.Address)).Status.ShouldBe(200); }
    }

    /// <summary>
    /// <c>kill -9</c>, while the provider keeps everybody waiting: no answer is on its way then, for which a refresh token was used up and which would be lost
    /// with the node (docs/decisions/0008).
    /// </summary>
    private static async Task KillAsync(Cluster cluster, List<Outage> outages)
    {
        cluster.World.Provider.Hang();
        await Pause.ForAsync(Stored);
        cluster.Nodes[0].Kill();
        await Pause.ForAsync(Stored);
        cluster.World.Provider.ComeBack();
        cluster.World.Provider.Faults.Release();
        await Pause.ForAsync(Calm);
        await cluster.Nodes[0].StartAsync();
    }

    /// <summary>In good order. A later version has been there meanwhile: what it knows more of every session has to stay.</summary>
    private static async Task ReplaceAsync(Cluster cluster, List<Outage> outages)
    {
        await cluster.Nodes[1].StopAsync();
        await cluster.Store.AddWhatALaterVersionKnowsAsync();
        await cluster.Nodes[1].StartAsync();
    }

    private static async Task RestartAsync(Cluster cluster, List<Outage> outages)
    {
        var from = TimeProvider.System.GetUtcNow();
        await cluster.Store.CrashAsync();
        await Pause.ForAsync(StoreAway);
        await cluster.Store.ResumeAsync();
        await Pause.ForAsync(Recovery);
        outages.Add(new(from, TimeProvider.System.GetUtcNow()));
    }

    /// <summary>Of the store.</summary>
    private sealed record Outage(DateTimeOffset From, DateTimeOffset To)
    {
        /// <summary>Whether some of the call was in it.</summary>
        public bool Contains(Caller.Answer answer) => answer.EndedAt >= From && answer.SentAt <= To;
    }
}
