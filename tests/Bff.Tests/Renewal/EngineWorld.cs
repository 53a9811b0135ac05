using System.Data.Common;
using Bff.Configuration;
using Bff.Ops.Live;
using Bff.Providers;
using Bff.Providers.Metadata;
using Bff.Providers.Named;
using Bff.Providers.Throttling;
using Bff.Providers.TokenEndpoint;
using Bff.Renewal;
using Bff.Sessions;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Sql;
using Bff.Sessions.Store.Sqlite;
using Bff.Tests.Providers;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using static Bff.Renewal.RenewalResult;

namespace Bff.Tests.Renewal;

/// <summary>Two nodes, one store, one provider, one clock: the engine alone, with faults between its parts.</summary>
internal sealed class EngineWorld : IAsyncDisposable
{
    public const int Nodes = 2;

    private static readonly DateTimeOffset Start = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("bff-engine-").FullName;
    private readonly SqliteDatabase _database;
    private readonly TokenProtector _protector = new(new EphemeralDataProtectionProvider(), NullLogger<TokenProtector>.Instance);
    private readonly Node[] _nodes = new Node[Nodes];
    private readonly List<Node> _dead = [];
    private readonly List<Task> _calls = [];
    private readonly List<string> _violations = [];

    public EngineWorld()
    {
        _database = new SqliteDatabase($"Data Source={_folder}/bff.db", "/", TimeSpan.FromSeconds(5));
        _database.Prepare();
        Provider = new EngineProvider(Clock);
    }

    public SettableClock Clock { get; } = new(Start);

    public EngineProvider Provider { get; }

    public List<SessionId> Sessions { get; } = [];

    public Node this[int node] => _nodes[node];

    public IReadOnlyList<string> Violations => [.. _violations, .. Provider.Violations];

    public async Task StartAsync()
    {
        for (var i = 0; i < Nodes; i++) { _nodes[i] = await Node.StartAsync(this); }
    }

    public async Task LogInAsync()
    {
        var id = SessionKey.New().Id;
        var tokens = Provider.Grant(id);
        var node = _nodes[Sessions.Count % Nodes];
        await node.Store.AddAsync(
            new Session
            {
                Id = id,
                Sid = id.Value,
                Subject = id.Value,
                Claims = [],
                CreatedAt = Clock.GetUtcNow(),
                EndsAt = Clock.GetUtcNow() + Idle,
                AbsoluteEndsAt = Clock.GetUtcNow() + Idle,
                Tokens = tokens,
                DueAt = node.Schedule.DueAt(id, tokens),
            },
            [],
            limit: null,
            default);
        Sessions.Add(id);
    }

    /// <summary>One call through one node, as a request would do it; it goes on while the world does.</summary>
    /// <param name="session">Whose call.</param>
    /// <param name="node">At which node.</param>
    /// <param name="api">Which API's token it needs; null for that of the sign-in.</param>
    public void Call(int session, int node, string? api = null)
    {
        if (Sessions.Count > 0) { _calls.Add(CallAsync(Sessions[session % Sessions.Count], _nodes[node % Nodes], api)); }
    }

    public async Task LogOutAsync(int session)
    {
        if (Sessions.Count == 0) { return; }
        var id = Sessions[session % Sessions.Count];
        Provider.MayEnd(id);
        await _nodes[0].Store.RemoveAsync(id, null, EndReasons.SignedOut, default);
    }

    /// <summary>The node is gone in the middle of whatever it did; its work is free for others, and another starts in its place.</summary>
    public async Task KillAsync(int node)
    {
        var killed = _nodes[node % Nodes];
        killed.Alive = false;
        _dead.Add(killed);
        foreach (var id in Sessions)
        {
            if (await new SqlSessionStore(_database, _protector, new SessionChanges(), Options.Create(new SessionClients()), Clock)
                .FindAsync(id, default) is { Tokens: { } stored })
            {
                Provider.ForgetUnstoredAnswer(id, stored);
            }
        }

        await _nodes[(node + 1) % Nodes].Store.FreeLeasesAsync(killed.Heartbeat.Instance, Clock.GetUtcNow(), default);
        _nodes[node % Nodes] = await Node.StartAsync(this);
    }

    public async Task AdvanceAsync(TimeSpan by)
    {
        // In steps, so that timers set by what an earlier one did come up in between.
        for (var passed = TimeSpan.Zero; passed < by; passed += TimeSpan.FromSeconds(1))
        {
            Clock.Advance(by - passed < TimeSpan.FromSeconds(1) ? by - passed : TimeSpan.FromSeconds(1));
            await SettleAsync();
        }
    }

    /// <summary>
    /// The wall clock is set; timers go on. Leases are wall-clock times, so a step of more than their spare time in the middle of a renewal may let another
    /// node repeat it (docs/decisions/0011): then only a small step is made.
    /// </summary>
    public void StepClock(TimeSpan by)
    {
        var most = _nodes.Concat(_dead).Any(node => node.Gate.Running > 0) ? TimeSpan.FromSeconds(3) : TimeSpan.MaxValue;
        Clock.Set(by.Duration() > most ? most * Math.Sign(by.Ticks) : by);
    }

    /// <summary>Everything heals; then no session may be lost that nobody ended, and each can be used.</summary>
    public async Task EndAsync()
    {
        Provider.Recover();
        await AdvanceAsync(TimeSpan.FromSeconds(100));
        foreach (var id in Sessions)
        {
            var session = await _nodes[0].Store.FindAsync(id, default);
            if (session is null && !Provider.WasEnded(id)) { _violations.Add($"{id}: lost without a terminal answer"); }
            if (session is null || session.EndsAt <= Clock.GetUtcNow()) { continue; }
            var call = _nodes[1].Renewer.GetUsableAsync(session, default).AsTask();
            for (var second = 0; second < 120 && !(call.IsCompleted && await call is Usable or Ended); second++)
            {
                if (call.IsCompleted) { call = _nodes[1].Renewer.GetUsableAsync(session, default).AsTask(); }   // a busy machine has not healed yet
                await AdvanceAsync(TimeSpan.FromSeconds(1));
            }

            if (!call.IsCompleted) { _violations.Add($"{id}: a call hangs after everything healed"); }
            else if (await call is not (Usable or Ended)) { _violations.Add($"{id}: not usable after everything healed"); }
        }

        if (_calls.Where(call => !call.IsCompleted).Count() is > 0 and var waiting && _dead.Count == 0) { _violations.Add($"{waiting} calls never came back"); }
    }

    private async Task CallAsync(SessionId id, Node node, string? api)
    {
        try
        {
            if (await node.Cache.FindAsync(id, default) is not { } session || session.EndsAt <= Clock.GetUtcNow()) { return; }
            var result = api is null ? await node.Renewer.GetUsableAsync(session, default)
                : await node.Renewer.GetUsableAsync(session, new ApiTarget(api), default);
            var (used, token, expiresAt) = result switch
            {
                Usable own => (own.Session, own.Session.Tokens!.AccessToken, own.Session.Tokens.ExpiresAt),
                UsableApi further => (further.Session, further.Token.AccessToken, further.Token.ExpiresAt),
                _ => (null, "", default),
            };
            if (used is null || !node.Alive) { return; }
            if (used.Id != id || !token.StartsWith($"{id.Value}.{api ?? "access"}.", StringComparison.Ordinal))
            {
                _violations.Add($"{id}: got the token of another session or API");
            }
            if (expiresAt <= Clock.GetUtcNow()) { _violations.Add($"{id}: an expired token would have been forwarded"); }
            if (used.EndsAt <= Clock.GetUtcNow()) { _violations.Add($"{id}: used past its end"); }
        }
        catch (DbException) when (!node.Alive)
        {
            // Its process is gone, and this call with it.
        }
    }

    /// <summary>Lets what can run now run, however busy the machine is; what waits for the clock, or for a provider that hangs, goes on waiting.</summary>
    private async Task SettleAsync()
    {
        for (var quiet = 0; quiet < 3;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            var isQuiet = Provider.Working == 0 && _nodes.Sum(node => node.Gate.Running) <= Provider.Hanging
                && _nodes.All(node => node.WayToStore.UnderWay == 0);
            quiet = isQuiet ? quiet + 1 : 0;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Provider.Recover();

        // A node waits for its renewals, and they may wait for the clock.
        var stopping = Task.WhenAll(_nodes.Concat(_dead).Select(node => node.StopAsync()));
        for (; !stopping.IsCompleted; await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System)) { Clock.Advance(TimeSpan.FromSeconds(1)); }
        await stopping;
        await _database.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    internal sealed class Node
    {
        public required RenewalScheduler Scheduler { get; init; }

        public bool Alive { get; set; } = true;

        public required IFullSessionStore Store { get; init; }

        public required MortalStore WayToStore { get; init; }

        public required SessionCache Cache { get; init; }

        public required StoreHealth Health { get; init; }

        public required TokenCallGate Gate { get; init; }

        public required RenewalPolicy Schedule { get; init; }

        public required Renewer Renewer { get; init; }

        public required Heartbeat Heartbeat { get; init; }

        public static async Task<Node> StartAsync(EngineWorld world)
        {
            Node? node = null;
            bool IsAlive() => node is null || node.Alive;
            var clock = world.Clock;
            var changes = new SessionChanges();
            var store = MortalStore.Of(
                new SqlSessionStore(world._database, world._protector, changes, Options.Create(new SessionClients()), clock), IsAlive, out var way);
            var clients = new EngineProvider.Clients(world.Provider, IsAlive);
            var provider = ProviderPieces.Of(clients, clock, throttling: new ThrottlingOptions { MaxPerSecond = 1000 });
            var engine = new ServiceCollection().AddLogging().AddMetrics().AddSingleton<TimeProvider>(clock)
                .AddSingleton<SessionStorage>(world._database).AddSingleton<Heartbeat>()
                .AddSingleton<ISessionStore>(store).AddSingleton<IRenewalQueue>(store).AddSingleton(changes).AddSingleton<SessionCache>()
                .AddSingleton(new SignInPlaces(() => [])).AddSingleton<SessionMetrics>().AddSingleton<StoreHealth>()
                .AddSingleton(new ProviderSet([provider]))
                .AddSingleton<IOptionsMonitor<RenewalOptions>>(FixedOptions.Of(new RenewalOptions { Lead = TimeSpan.FromSeconds(10) }))
                .AddSingleton<IOptionsMonitor<TokenOptions>>(FixedOptions.Of(new TokenOptions()))
                .AddSingleton<IOptionsMonitor<SessionsOptions>>(FixedOptions.Of(new SessionsOptions()))
                .AddSingleton<AuditedClient>().AddSingleton<Audit>().AddRenewalEngine().AddSingleton<RenewalScheduler>().BuildServiceProvider();
            node = new Node
            {
                Store = store,
                WayToStore = way,
                Health = engine.GetRequiredService<StoreHealth>(),
                Gate = provider.Gate,
                Cache = engine.GetRequiredService<SessionCache>(),
                Schedule = engine.GetRequiredService<RenewalPolicy>(),
                Renewer = engine.GetRequiredService<Renewer>(),
                Heartbeat = engine.GetRequiredService<Heartbeat>(),
                Scheduler = engine.GetRequiredService<RenewalScheduler>(),
            };
            await node.Scheduler.StartAsync(default);
            return node;
        }

        public async Task StopAsync()
        {
            Alive = false;
            await Scheduler.StopAsync(new CancellationToken(canceled: true)).ContinueWith(_ => { }, TaskScheduler.Default);
            Scheduler.Dispose();
            Cache.Dispose();
        }
    }
}
