using Bff.Benchmarks.Roles;
using Bff.Faults;
using Bff.Sessions;

namespace Bff.Benchmarks.Measuring;

/// <summary>Upstream, provider and sessions, and whoever is asked for in front of them.</summary>
internal sealed class World : IAsyncDisposable
{
    private const int Sessions = 10_000;

    /// <summary>With it, a bearer token of MassProvider makes a header of 900 bytes.</summary>
    private const int TokenPadding = 870;

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    private readonly Bench _bench;
    private readonly Dictionary<string, Contender> _contenders = [];
    private readonly List<SessionStock.Entry> _sessions;
    private readonly Role _upstream;
    private readonly MassProvider _provider;

    private World(Bench bench, Role upstream, MassProvider provider)
    {
        (_bench, _upstream, _provider) = (bench, upstream, provider);
        var end = TimeProvider.System.GetUtcNow() + Lifetime;
        _sessions = SessionStock.Plan(Sessions, _ => (end, end));
        CookieFile = Path.Combine(bench.NewFolder(), "cookies");
        File.WriteAllLines(CookieFile, _sessions.Select(session => "__Host-bff=" + session.Key));
    }

    /// <summary>The cookie header of each session.</summary>
    public string CookieFile { get; }

    public static async Task<World> StartAsync(Bench bench) =>
        new(bench, await Role.StartAsync("upstream"), await MassProvider.StartAsync(Sessions, TokenPadding));

    public async Task<Contender> FindAsync(string name)
    {
        if (_contenders.TryGetValue(name, out var known)) { return known; }
        _bench.Say($"starting {name}");
        return _contenders[name] = name switch
        {
            Contender.Direct => Of(name, await Role.StartAsync("upstream")),
            Contender.Bare => Of(name, await Role.StartAsync("bare", UpstreamAddress, _provider.AccessToken(0, TimeProvider.System.GetUtcNow() + Lifetime))),
            Contender.Sqlite => await StartBffAsync(name, SessionsOptions.Sqlite),
            Contender.PostgreSql => await StartBffAsync(name, SessionsOptions.PostgreSql),
            _ => throw new ArgumentException($"There is no '{name}'."),
        };
    }

    private string UpstreamAddress => $"http://127.0.0.1:{_upstream.Port}";

    private static Contender Of(string name, Role role) => new(name, role.Port, role.Id, role);

    private async Task<Contender> StartBffAsync(string name, string kind)
    {
        var store = await _bench.NewStoreAsync(kind);
        var now = TimeProvider.System.GetUtcNow();
        await using (var stock = new SessionStock(store))
        {
            await stock.FillAsync(
                _sessions,
                entry => new(_provider.AccessToken(entry.Number, entry.ExpiresAt), _provider.RefreshToken(entry.Number), null, null, now, entry.ExpiresAt));
        }

        var bff = await BffProcess.StartAsync(_bench, store, _provider.Issuer, UpstreamAddress,
            ("ReverseProxy:Routes:token:ClusterId", "api"),
            ("ReverseProxy:Routes:token:Match:Path", "/token/{**rest}"),
            ("ReverseProxy:Routes:token:Metadata:Bff.Token", "User"),
            ("ReverseProxy:Routes:open:ClusterId", "api"),
            ("ReverseProxy:Routes:open:Match:Path", "/open/{**rest}"),
            ("ReverseProxy:Routes:open:AuthorizationPolicy", "anonymous"));
        return new Contender(name, bff.Address.Port, bff.Id, bff);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var contender in _contenders.Values) { await contender.DisposeAsync(); }
        await _upstream.DisposeAsync();
        await _provider.DisposeAsync();
    }
}
