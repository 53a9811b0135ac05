namespace Bff.HostTests.Forwarding;

/// <summary>A world whose provider gives tokens for <c>orders</c> and <c>billing</c>, each for an API of its own that takes no others.</summary>
internal sealed class SeveralApis(World world, PretendApi orders, PretendApi billing) : IAsyncDisposable
{
    public const string Orders = "orders", Billing = "billing";

    public World World => world;

    public PretendApi OrdersApi => orders;

    public PretendApi BillingApi => billing;

    public ApiRule Apis => world.Provider.Apis!;

    /// <param name="token">The <c>Bff.Token</c> of both routes.</param>
    /// <param name="prepare">Before the proxy starts.</param>
    public static async Task<SeveralApis> StartAsync(string token = "User", Action<World>? prepare = null)
    {
        PretendApi? orders = null, billing = null;
        var world = await World.StartPreparedAsync(async world =>
        {
            world.Provider.Apis = new(Orders, Billing);
            (orders, billing) = (await AddAsync(world, Orders, token), await AddAsync(world, Billing, token));
            prepare?.Invoke(world);
        });
        return new(world, orders!, billing!);
    }

    /// <summary>One more route to the API of all others.</summary>
    public static void AddRoute(World world, string name, string token, string policy = "default", params (string Key, string Value)[] metadata)
    {
        var route = "ReverseProxy:Routes:" + name;
        world.Set(route + ":ClusterId", "api");
        world.Set(route + ":Match:Path", $"/{name}/{{**rest}}");
        world.Set(route + ":Metadata:Bff.Token", token);
        world.Set(route + ":AuthorizationPolicy", policy);
        world.Set(route + ":Transforms:0:PathRemovePrefix", "/" + name);
        foreach (var (key, value) in metadata) { world.Set($"{route}:Metadata:{key}", value); }
    }

    private static async Task<PretendApi> AddAsync(World world, string name, string token)
    {
        var api = await PretendApi.StartAsync(world.Provider, world.Clock);
        api.Audience = name;
        AddRoute(world, name, token, token is "Client" or "UserOrClient" ? "anonymous" : "default", ("Bff.Audience", name));
        world.Set($"ReverseProxy:Clusters:{name}:Destinations:one:Address", api.Address);
        world.Set($"ReverseProxy:Routes:{name}:ClusterId", name);
        return api;
    }

    /// <summary>The same browser at another node.</summary>
    public Browser At(BffHost node, Browser browser)
    {
        var other = world.NewBrowser(node);
        other.Cookies.Set(Browser.SessionCookie, browser.Session!);
        return other;
    }

    public async ValueTask DisposeAsync()
    {
        await world.DisposeAsync();
        await orders.DisposeAsync();
        await billing.DisposeAsync();
    }
}
