using Bff.Providers;
using Bff.Providers.Named;
using Bff.Providers.Throttling;
using Bff.Renewal;
using Bff.Sessions;
using Bff.Sessions.Store;
using Bff.Tests;
using Bff.Tests.Providers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Bff.Simulation;

/// <summary>The renewal engine of one process, whole, on a clock that stands still for it when it dies.</summary>
internal sealed class SimulatedNode
{
    private readonly NodeClock _clock;
    private readonly SessionChanges _changes;
    private readonly RenewalScheduler _scheduler;
    private readonly Heartbeat _heartbeat;

    private SimulatedNode(int number, NodeClock clock, NodeStore store, SessionChanges changes, IServiceProvider engine)
    {
        (Number, _clock, Store, _changes) = (number, clock, store, changes);
        _scheduler = engine.GetRequiredService<RenewalScheduler>();
        _heartbeat = engine.GetRequiredService<Heartbeat>();
        Policy = engine.GetRequiredService<RenewalPolicy>();
        engine.GetRequiredService<RenewalMetrics>().RenewalFinished += finished =>
        {
            if (finished.Lag is { } lag) { Lags.Add(lag); }
        };
    }

    public int Number { get; }

    public NodeStore Store { get; }

    public RenewalPolicy Policy { get; }

    /// <summary>From the due time to the stored outcome.</summary>
    public Histogram Lags { get; } = new(TimeSpan.FromMilliseconds(10), 12_000);

    public string Instance => _heartbeat.Instance;

    public bool IsAlive => _clock.IsAlive;

    public static SimulatedNode Make(Simulation simulation, int number)
    {
        var (options, changes) = (simulation.Options, new SessionChanges());
        var clock = new NodeClock(simulation.Clock, number == 0 ? options.Ahead : TimeSpan.Zero);
        var statement = number == 0 && options.Near ? options.StoreLatency / 10 : options.StoreLatency;
        var store = new NodeStore(simulation.Table, number, () => Around(statement), clock, simulation.Publish, simulation.NodeOf);
        var storage = new NodeStorage(simulation.Board, () => Around(statement), clock);
        var clients = new NodeProvider(simulation.Table, number, options, () => Around(options.ProviderLatency), clock, simulation.IsDead);
        var throttling = new ThrottlingOptions { MaxPerSecond = options.NodeRate, MaxConcurrency = options.NodeConcurrency };
        var engine = new ServiceCollection().AddLogging(logging => logging.AddProvider(simulation.Warnings)).AddMetrics().AddSingleton<TimeProvider>(clock)
            .AddSingleton<SessionStorage>(storage).AddSingleton<Heartbeat>()
            .AddSingleton<ISessionStore>(store).AddSingleton<IRenewalQueue>(store).AddSingleton(changes).AddSingleton<SessionCache>()
            .AddSingleton(new SignInPlaces(() => [])).AddSingleton<SessionMetrics>().AddSingleton<StoreHealth>()
            .AddSingleton(new ProviderSet([ProviderPieces.Of(clients, clock, throttling: throttling)]))
            .AddSingleton<IOptionsMonitor<RenewalOptions>>(FixedOptions.Of(new RenewalOptions()))
            .AddSingleton<IOptionsMonitor<TokenOptions>>(FixedOptions.Of(new TokenOptions()))
            .AddSingleton<IOptionsMonitor<SessionsOptions>>(FixedOptions.Of(new SessionsOptions()))
            .AddSingleton<AuditedClient>().AddSingleton<Audit>().AddRenewalEngine().AddSingleton<RenewalScheduler>().BuildServiceProvider();
        return new SimulatedNode(number, clock, store, changes, engine);

        static TimeSpan Around(TimeSpan usual) => usual * (0.5 + Random.Shared.NextDouble());
    }

    public Task StartAsync() => Task.WhenAll(_heartbeat.StartAsync(CancellationToken.None), _scheduler.StartAsync(CancellationToken.None));

    public void Hear(SessionChange change) => _changes.Publish(change);

    /// <summary><c>kill -9</c>: what waits for the clock, the store or the provider waits for ever.</summary>
    public void Die() => _clock.Die();
}
