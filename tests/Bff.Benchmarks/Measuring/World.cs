using System.Globalization;
using Bff.Benchmarks.Roles;
using Bff.ClusterTests;
using Bff.Faults;
using Bff.Providers.DPoP;
using Bff.Sessions;

namespace Bff.Benchmarks.Measuring;

/// <summary>Upstream, provider and sessions, and whoever is asked for in front of them.</summary>
internal sealed class World : IAsyncDisposable
{
    private const int UsualSessions = 10_000;

    private const string GatewayToken = "a-gateway-token-of-the-benchmark";

    /// <summary>With it, a bearer token of MassProvider makes a header of 900 bytes.</summary>
    private const int TokenPadding = 870;

    private static readonly TimeSpan LongLife = TimeSpan.FromHours(12);
    private static readonly TimeSpan ShortLife = TimeSpan.FromSeconds(10);

    /// <summary>When renewals go on, the first are due so long after the sessions were made: Bff has to be running by then.</summary>
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(12);

    private readonly Bench _bench;
    private readonly IReadOnlyList<string> _settings;
    private readonly bool _http2, _renewing;
    private readonly int? _gatewayPort;
    private readonly Dictionary<string, Contender?> _contenders = [];
    private readonly Role _upstream;
    private readonly MassProvider _provider;
    private readonly HttpClient _client = new();
    private readonly List<SessionStock.Entry> _sessions;
    private readonly SessionStock.Entry _bound;
    private readonly string _boundCookieFile;

    private World(
        Bench bench, IReadOnlyList<string> settings, bool http2, bool renewing, bool asked, Role upstream, MassProvider provider, int sessions)
    {
        if (asked) { _gatewayPort = FreePort.Find(); }
        (_bench, _settings, _http2, _renewing, _upstream, _provider) = (bench, settings, http2, renewing, upstream, provider);
        if (renewing) { provider.Lifetime = ShortLife; }
        var now = TimeProvider.System.GetUtcNow();
        _sessions = SessionStock.Plan(sessions, number =>
        {
            var dueAt = renewing ? now + StartTime + (ShortLife * 3 / 4 * number / sessions) : now + LongLife;
            return (dueAt, dueAt + (ShortLife / 4));
        });
        var folder = bench.NewFolder();
        (CookieFile, _boundCookieFile) = (Path.Combine(folder, "cookies"), Path.Combine(folder, "bound-cookie"));
        _bound = SessionStock.Plan(1, _ => (now + LongLife, now + LongLife))[0];
        File.WriteAllLines(CookieFile, _sessions.Select(session => "__Host-bff=" + session.Key));
        File.WriteAllText(_boundCookieFile, "__Host-bff=" + _bound.Key);
    }

    /// <summary>The cookie header of each session.</summary>
    public string CookieFile { get; }

    /// <summary>How long it takes until renewals come evenly.</summary>
    public TimeSpan SettlesAfter => _contenders.Values.Any(contender => contender is { Name: Contender.Bare }) ? TimeSpan.Zero : StartTime + (2 * ShortLife);

    public int Renewals => _provider.Renewals;

    /// <summary>Of the Bff that was started last.</summary>
    public Store? Store { get; private set; }

    public static async Task<World> StartAsync(
        Bench bench, IReadOnlyList<string> settings, bool http2, bool renewing, int sessions = UsualSessions, bool asked = false) =>
        new(bench, settings, http2, renewing, asked, await Role.StartAsync("upstream"), await MassProvider.StartAsync(sessions, TokenPadding), sessions);

    /// <summary>Calls that have reached the upstream with a token that had expired, or none.</summary>
    public async Task<long> ExpiredAsync() =>
        long.Parse((await _client.GetStringAsync(new Uri(UpstreamAddress + "/counts"))).Split(' ')[1], CultureInfo.InvariantCulture);

    /// <returns>Null when it cannot be had here; why has been said.</returns>
    public async Task<Contender?> FindAsync(string name)
    {
        if (_contenders.TryGetValue(name, out var known)) { return known; }
        _bench.Say($"starting {name}");
        return _contenders[name] = name switch
        {
            Contender.Direct => Of(name, await Role.StartAsync(["upstream", .. Protocol])),
            Contender.Bare => Of(name, await Role.StartAsync(["bare", UpstreamAddress, LastingToken(), .. Protocol])),
            Contender.Nginx => StartNginx(),
            Contender.Apache => await StartApacheAsync(),
            Contender.Sqlite => await StartBffAsync(name, SessionsOptions.Sqlite),
            Contender.Bound => await FindAsync(Contender.Sqlite) is { } bff
                ? bff with { Name = name, Process = new Nobodys(), CookieFile = _boundCookieFile } : null,
            Contender.Gateway => await FindAsync(Contender.Sqlite) is { } bff ? AskedAt(bff, _gatewayPort!.Value) : null,
            Contender.PostgreSql => PostgreSqlServer.IsInstalled
                ? await StartBffAsync(name, SessionsOptions.PostgreSql) : LeftOut("PostgreSQL", "postgresql"),
            _ => throw new ArgumentException($"There is no '{name}'."),
        };
    }

    /// <summary>As Envoy asks: the call as it is, below the endpoint's path.</summary>
    private static Contender AskedAt(Contender bff, int port) => bff with
    {
        Name = Contender.Gateway, Port = port, Process = new Nobodys(),
        Asks = ("/check", new Dictionary<string, string> { ["x-bff-gateway-token"] = GatewayToken, ["x-forwarded-proto"] = "http" }),
    };

    private string UpstreamAddress => $"http://127.0.0.1:{_upstream.Port}";

    private string[] Protocol => _http2 ? ["--http2"] : [];

    private string LastingToken() => _provider.AccessToken(0, TimeProvider.System.GetUtcNow() + LongLife);

    private static Contender Of(string name, Role role) => new(name, role.Port, role.Id, role);

    private Contender? LeftOut(string what, string packages)
    {
        _bench.Say($"{what} is left out: it is not installed (Debian: {packages})");
        return null;
    }

    private Contender? StartNginx()
    {
        if (!File.Exists(Nginx.Program))
        {
            return LeftOut("nginx", "nginx-light");
        }

        var nginx = new Nginx([new Uri(UpstreamAddress)], _http2, $"""
            proxy_set_header Cookie "";
            proxy_set_header Authorization "Bearer {LastingToken()}";
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $http_host;
            """);
        return new(Contender.Nginx, nginx.Address.Port, nginx.Id, nginx);
    }

    private async Task<Contender?> StartApacheAsync()
    {
        if (!Apache.IsInstalled)
        {
            return LeftOut("Apache with mod_auth_openidc", "apache2, libapache2-mod-auth-openidc");
        }

        var apache = await Apache.StartAsync(UpstreamAddress, LastingToken(), _http2);
        return new(Contender.Apache, apache.Address.Port, apache.Id, apache) { CookieFile = apache.CookieFile };
    }

    private async Task<Contender> StartBffAsync(string name, string kind)
    {
        var store = Store = await _bench.NewStoreAsync(kind);
        var now = TimeProvider.System.GetUtcNow();
        await using (var stock = new SessionStock(store))
        {
            await stock.FillAsync([.. _sessions, _bound], entry => new(
                _provider.AccessToken(entry.Number, entry.ExpiresAt), _provider.RefreshToken(entry.Number), null, null, now, entry.ExpiresAt,
                ProofKey: entry == _bound ? ProofKey.New().Text : null));
        }

        var bff = await BffProcess.StartAsync(_bench, store, _provider.Issuer, UpstreamAddress, [.. SettingsOfBff()]);
        return new Contender(name, bff.Address.Port, bff.Id, bff);
    }

    private IEnumerable<(string Key, string Value)> SettingsOfBff()
    {
        foreach (var route in new[] { "token", "policy", "open" })
        {
            yield return ($"ReverseProxy:Routes:{route}:ClusterId", "api");
            yield return ($"ReverseProxy:Routes:{route}:Match:Path", $"/{route}/{{**rest}}");
        }

        yield return ("ReverseProxy:Routes:token:Metadata:Bff.Token", "User");
        yield return ("ReverseProxy:Routes:policy:AuthorizationPolicy", "default");
        yield return ("ReverseProxy:Routes:open:AuthorizationPolicy", "anonymous");
        if (_gatewayPort is { } port)
        {
            yield return ("Bff:Gateway:Url", $"http://127.0.0.1:{port}");
            yield return ("Bff:Gateway:Token", GatewayToken);
        }

        if (_http2) { yield return ("Kestrel:EndpointDefaults:Protocols", "Http2"); }
        if (_renewing)
        {
            yield return ("Bff:Renewal:MaxConcurrency", "128");
            yield return ("Bff:Renewal:MaxPerSecond", "5000");
        }

        foreach (var setting in _settings.Select(setting => setting.Split('=', 2))) { yield return (setting[0], setting[1]); }
    }

    /// <summary>Another contender ends the process.</summary>
    private sealed class Nobodys : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => default;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var contender in _contenders.Values.OfType<Contender>()) { await contender.DisposeAsync(); }
        await _upstream.DisposeAsync();
        await _provider.DisposeAsync();
        _client.Dispose();
    }
}
