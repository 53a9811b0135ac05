using Bff.HostTests;

namespace Bff.ClusterTests.Running;

/// <summary>
/// Real nodes on a real store behind a real load balancer; a provider that rotates refresh tokens and notices a used one, and an API that notices an expired
/// token.
/// </summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly List<ClusterNode> _nodes = [];

    private Cluster(RealTimeWorld world, ClusterStore store) => (World, Store) = (world, store);

    /// <param name="kind">Of the store.</param>
    /// <param name="nodes">How many.</param>
    /// <param name="settings">Of every node, beyond those of the other tests.</param>
    public static async Task<Cluster> StartAsync(string kind, int nodes, params (string Key, string Value)[] settings)
    {
        var cluster = new Cluster(await RealTimeWorld.StartAsync(), await ClusterStore.StartAsync(kind));
        foreach (var (key, value) in cluster.Store.Settings) { cluster.World.Settings[key] = value; }
        cluster.World.Settings["Bff:RateLimits:SignIn"] = cluster.World.Settings["Bff:RateLimits:Callback"] = "0";   // everybody has one address here
        cluster.World.Settings["Bff:Ops:DrainFor"] = "00:00:04";   // the balancer needs two checks
        foreach (var (key, value) in settings) { cluster.World.Settings[key] = value; }
        for (var node = 0; node < nodes; node++) { cluster._nodes.Add(new ClusterNode(cluster.World)); }
        await Task.WhenAll(cluster._nodes.Select(node => node.StartAsync()));
        cluster.Balancer = await Balancer.StartAsync(cluster._nodes);
        return cluster;
    }

    public RealTimeWorld World { get; }

    public ClusterStore Store { get; }

    public IReadOnlyList<ClusterNode> Nodes => _nodes;

    public Balancer Balancer { get; private set; } = null!;

    /// <summary>Signs in through the balancer.</summary>
    /// <returns>The session's key.</returns>
    public async Task<string> LogInAsync(string user)
    {
        using var browser = new Browser(() => Balancer.Address, World.Provider.Address, TimeProvider.System);

        // A real process on a busy machine may say that the store or the provider took too long.
        await Eventually.HappensAsync(async () =>
        {
            await browser.OpenAsync("/bff/login?login_hint=" + user);
            return browser.Session is not null;
        }, "the sign-in is taken");
        return browser.Session!;
    }

    /// <returns>The keys of their sessions.</returns>
    public async Task<IReadOnlyList<string>> LogInAsync(int users)
    {
        var keys = new string[users];
        var some = new ParallelOptions { MaxDegreeOfParallelism = 8 };
        await Parallel.ForAsync(0, users, some, async (user, _) => keys[user] = await LogInAsync($"user-{user}"));
        return keys;
    }

    /// <summary>All nodes are there and get calls.</summary>
    public Task IsCompleteAsync() =>
        Eventually.HappensAsync(async () => await Balancer.CountNodesAsync() == Nodes.Count, "the balancer sends calls to every node");

    public async ValueTask DisposeAsync()
    {
        if (Balancer is not null) { await Balancer.DisposeAsync(); }
        foreach (var node in _nodes) { await node.DisposeAsync(); }
        await Store.DisposeAsync();
        await World.DisposeAsync();
    }
}
