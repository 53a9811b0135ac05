using System.Collections.Concurrent;
using System.Net;
using Bff.ClusterTests.Redis;
using Bff.Faults;
using Bff.HostTests;
using Bff.Sessions;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Redis;
using StackExchange.Redis;

namespace Bff.ClusterTests.Sessions;

/// <summary>A real Redis Cluster whose primaries die, and a replica takes their place, or must not.</summary>
public sealed class RedisFailoverTests(ITestOutputHelper output)
{
    private const int Users = 24;

    private static readonly TimeSpan TokenLife = TimeSpan.FromSeconds(3), PauseOfAUser = TimeSpan.FromMilliseconds(200);

    [Fact]
    public async Task A_primary_that_dies_costs_503_and_no_session_and_no_replica_is_read_that_may_be_behind()
    {
        await using var cluster = await RedisCluster.StartAsync(replicas: 1, ["--cluster-node-timeout", "1500", .. RedisUser.Settings]);
        await using var admin = await ConnectionMultiplexer.ConnectAsync(cluster.ConnectionString + ",allowAdmin=true");
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Sessions:Store"] = SessionsOptions.Redis;
        world.Settings["Bff:Sessions:ConnectionString"] = RedisUser.Of(cluster.ConnectionString);
        world.Settings["Bff:Sessions:CacheLifetime"] = "00:00:01";
        world.Settings["Bff:RateLimits:SignIn"] = world.Settings["Bff:RateLimits:Callback"] = "0";
        world.Api.Forgets = true;
        await world.StartListeningAsync();
        var callers = await Task.WhenAll(Enumerable.Range(0, Users).Select(user => Caller.LogInAsync(world.Bff.Address, $"user-{user}")));
        world.Provider.Lifetime = TokenLife;
        foreach (var caller in callers) { (await caller.RenewAsync(world.Bff.Address)).Status.ShouldBe(200); }

        var answers = new ConcurrentQueue<Caller.Answer>();
        using var stop = new CancellationTokenSource();
        var calling = Task.WhenAll(callers.Select(caller => caller.PumpAsync(world.Bff.Address, answers, PauseOfAUser, stop.Token)));
        var lost = ServerOf("user-0");
        lost.Kill();
        var killed = TimeProvider.System.GetUtcNow();
        await Eventually.HappensAsync(
            async () => (await Task.WhenAll(callers.Select(caller => caller.RenewAsync(world.Bff.Address)))).All(renewal => renewal.Ok),
            "all can be renewed again");
        var (back, refreshed) = (TimeProvider.System.GetUtcNow(), world.Provider.Refreshes);
        await Eventually.HappensAsync(() => world.Provider.Refreshes >= refreshed + Users, "all are renewed by themselves, too");
        await stop.CancelAsync();
        await calling;

        var failed = answers.Where(answer => !answer.Ok).ToList();
        output.WriteLine(
            $"renewals go on {(back - killed).TotalSeconds:F1} s after the death; {answers.Count} calls, {failed.Count} of them 503, from "
            + $"{(failed.Count == 0 ? 0 : (failed.Min(one => one.SentAt) - killed).TotalSeconds):F1} to "
            + $"{(failed.Count == 0 ? 0 : (failed.Max(one => one.EndedAt) - killed).TotalSeconds):F1} s after it");
        failed.ShouldAllBe(answer => answer.Status == (int)HttpStatusCode.ServiceUnavailable && answer.RetryAfter != null);
        (world.Provider.Reuses, world.Api.Refused).ShouldBe((0, 0), "used refresh tokens at the provider, bad tokens at the API");
        world.Bff.Output.ShouldNotContain("   at ");
        world.Bff.Output.ShouldNotContain("NOPERM");
        await IsNotReadAsync(cluster, admin, await ReplicaOfAnotherAsync());

        RedisServer ServerOf(string user) => cluster.Servers.Single(server => server.Port == PortOf(admin.GetServer(KeyOf(user))));

        // One whose primary lives.
        async Task<IServer> ReplicaOfAnotherAsync()
        {
            foreach (var server in admin.GetServers().Where(server => server.IsConnected))
            {
                var replication = (await server.InfoAsync("replication")).Single().ToDictionary();
                if (replication["role"] == "slave" && replication["master_link_status"] == "up") { return server; }
            }

            throw new InvalidOperationException("No replica is left.");
        }
    }

    /// <summary>A replica that has nothing of what its primary had, and is not promoted, as one that is far behind: what it does not know is not over.</summary>
    private static async Task IsNotReadAsync(RedisCluster cluster, ConnectionMultiplexer admin, IServer replica)
    {
        var primaryPort = int.Parse((await replica.InfoAsync("replication")).Single().ToDictionary()["master_port"], null);
        var user = Enumerable.Range(0, 1000).Select(number => $"user-{number}").First(user => PortOf(admin.GetServer(KeyOf(user))) == primaryPort);
        await using var storage = new RedisStorage(RedisUser.Of(cluster.ConnectionString), RedisUnderTest.Timeout);
        storage.Prepare();
        var store = RedisUnderTest.StoreOn(storage);
        var session = RedisUnderTest.NewSession(user);
        await store.AddAsync(session, [], limit: null, default);
        await replica.ConfigSetAsync("cluster-replica-no-failover", "yes");
        await replica.ConfigSetAsync("cluster-allow-reads-when-down", "yes");
        await replica.ConfigSetAsync("replica-read-only", "no");
        await RedisServer.CommandAsync("-p", $"{PortOf(replica)}", "FLUSHALL");
        cluster.Servers.Single(server => server.Port == primaryPort).Kill();

        // Until the driver has found out that the primary is gone, and some times after.
        for (var (asked, isKnown) = (0, false); asked < 20; asked += isKnown ? 1 : 0)
        {
            var error = await Should.ThrowAsync<Exception>(() => store.FindAsync(session.Id, default));
            RedisFailures.Of(error).ShouldNotBeNull().IsUnanswered.ShouldBeTrue();
            isKnown |= !admin.GetServer("127.0.0.1", primaryPort).IsConnected;
            await Eventually.ShortlyAsync();
        }
    }

    private static RedisKey KeyOf(string user) => RedisKeys.DeclaredOf(RedisKeys.ShardOf(user))[0];

    private static int PortOf(IServer server) => ((IPEndPoint)server.EndPoint).Port;
}
