using System.Net;
using System.Text;
using Bff.HostTests;
using Npgsql;

namespace Bff.ClusterTests;

/// <summary>How the tokens of a test are bound.</summary>
/// <param name="IsBound">To a key (DPoP); otherwise they are bearer tokens.</param>
/// <param name="ProviderWantsNonces">In proofs at its endpoints.</param>
/// <param name="ApisWantNonces">Each its own.</param>
public sealed record Binding(bool IsBound, bool ProviderWantsNonces = false, bool ApisWantNonces = false)
{
    public override string ToString() =>
        (IsBound ? "DPoP" : "Bearer") + (ProviderWantsNonces ? ", nonces of the provider" : "") + (ApisWantNonces ? ", nonces of the APIs" : "");
}

/// <summary>Two processes on one PostgreSQL database, two APIs that check what comes with libraries of others, and a strict provider.</summary>
internal sealed class TwoByTwo : IAsyncDisposable
{
    /// <summary>The same path at each API, by the routes of both.</summary>
    private static readonly string[] Prefixes = ["", "/orders"];

    private readonly RealTimeWorld _world;
    private readonly Binding _binding;
    private readonly string _database;

    private TwoByTwo(RealTimeWorld world, Binding binding, string database, CheckedApi accounts, CheckedApi orders)
    {
        (_world, _binding, _database, Accounts, Orders) = (world, binding, database, accounts, orders);
        ChangeNonces();
    }

    /// <param name="database">For the sessions, empty.</param>
    /// <param name="binding">Of the tokens.</param>
    /// <param name="settings">Of both nodes.</param>
    public static async Task<TwoByTwo> StartAsync(string database, Binding binding, params (string Key, string Value)[] settings)
    {
        var world = await RealTimeWorld.StartAsync();
        if (binding.IsBound) { world.Provider.Proofs = new(TimeProvider.System); }
        var (accounts, orders) = (await CheckedApi.StartAsync(world.Provider), await CheckedApi.StartAsync(world.Provider));
        const string Route = "ReverseProxy:Routes:orders";
        foreach (var (key, value) in settings.Concat(
        [
            ("Bff:Sessions:Store", "PostgreSql"),
            ("Bff:Sessions:ConnectionString", database),
            ("Bff:Oidc:TokenType", binding.IsBound ? "DPoP" : "Bearer"),
            ("ReverseProxy:Clusters:api:Destinations:one:Address", accounts.Address),
            ("ReverseProxy:Clusters:orders:Destinations:one:Address", orders.Address),
            (Route + ":ClusterId", "orders"),
            (Route + ":Match:Path", "/orders/{**rest}"),
            (Route + ":Metadata:Bff.Token", "User"),
            (Route + ":AuthorizationPolicy", "default"),
            (Route + ":Transforms:0:PathRemovePrefix", "/orders"),
        ]))
        {
            world.Settings[key] = value;
        }

        var both = new TwoByTwo(world, binding, database, accounts, orders);
        await world.StartListeningAsync();
        both.There = await world.Start().ListeningAsync();
        return both;
    }

    public PretendProvider Provider => _world.Provider;

    public BffProcess Here => _world.Bff;

    public BffProcess There { get; private set; } = null!;

    /// <summary>Behind <c>/api</c>.</summary>
    public CheckedApi Accounts { get; }

    /// <summary>Behind <c>/orders/api</c>.</summary>
    public CheckedApi Orders { get; }

    /// <summary>Provider and APIs want other nonces than before, where they want any.</summary>
    public void ChangeNonces()
    {
        if (_binding.ProviderWantsNonces) { Provider.Proofs!.Checker.Nonce = $"provider-{Guid.NewGuid():N}"; }
        if (_binding.ApisWantNonces) { (Accounts.Proofs.Nonce, Orders.Proofs.Nonce) = ($"accounts-{Guid.NewGuid():N}", $"orders-{Guid.NewGuid():N}"); }
    }

    /// <summary>A browser in which this user is signed in, at the first node.</summary>
    public Task<Browser> LogInAsync(string user = "alice") => _world.LogInAsync(user);

    /// <summary>The same browser as a load balancer sees it that sends it to another node.</summary>
    public Browser At(BffProcess node, Browser browser)
    {
        var other = new Browser(() => node.Address, Provider.Address, TimeProvider.System);
        other.Cookies.Set(Browser.SessionCookie, browser.Session!);
        return other;
    }

    /// <summary>Opens the callback of a sign-in at another node than the one that began it: behind a load balancer only the connection differs.</summary>
    public static Task<Answer> BringAsync(Browser browser, Uri callback, BffProcess node)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(callback) { Port = node.Address.Port }.Uri);
        request.Headers.Host = callback.Authority;
        return browser.SendAsync(request);
    }

    /// <summary>A call with and one without a body reach each API.</summary>
    public static async Task ShouldServeAsync(Browser browser, string user)
    {
        foreach (var prefix in Prefixes)
        {
            (await browser.GetAsync(prefix + "/api/list?x=1")).Body.ShouldBe(user);
            var post = browser.Script(HttpMethod.Post, prefix + "/api/list");
            post.Content = new StringContent("some body", Encoding.UTF8, "text/plain");
            (await browser.SendAsync(post)).Body.ShouldBe(user);
        }
    }

    public static async Task ShouldRefuseAsync(Browser browser)
    {
        foreach (var prefix in Prefixes) { (await browser.GetAsync(prefix + "/api/list")).Status.ShouldBe(HttpStatusCode.Unauthorized); }
    }

    /// <summary>A WebSocket and a stream to each API.</summary>
    public static async Task<List<OpenCall>> OpenAllAsync(Browser browser, BffProcess node)
    {
        var calls = new List<OpenCall>();
        foreach (var prefix in Prefixes)
        {
            calls.Add(await OpenCall.WebSocketAsync(browser, node.Address, prefix + "/api/socket"));
            calls.Add(await OpenCall.StreamAsync(browser, prefix + "/api/stream"));
        }

        return calls;
    }

    /// <summary>Nothing was refused, at the provider or at an API, but for the nonces they want.</summary>
    public void ShouldHaveRefusedNonceslessProofsOnly()
    {
        Provider.Reuses.ShouldBe(0);
        Provider.Refusals.ShouldAllBe(refusal => refusal.Error == ProofChecker.NonceWanted);
        Provider.Refusals.IsEmpty.ShouldBe(!_binding.ProviderWantsNonces);
        foreach (var api in new[] { Accounts, Orders })
        {
            api.Schemes.Distinct().ShouldBe([_binding.IsBound ? "DPoP" : "Bearer"]);
            api.Refusals.ShouldAllBe(reason => reason == "another nonce");
            api.Refusals.IsEmpty.ShouldBe(!_binding.ApisWantNonces);
        }
    }

    /// <summary>Sessions in the store.</summary>
    public async Task<long> SessionsAsync()
    {
        await using var connection = new NpgsqlConnection(_database);
        await connection.OpenAsync();
        await using var count = new NpgsqlCommand("SELECT COUNT(*) FROM sessions", connection);
        return (long)(await count.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        await Accounts.DisposeAsync();
        await Orders.DisposeAsync();
    }
}
