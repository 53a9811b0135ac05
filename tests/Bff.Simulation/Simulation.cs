using System.Diagnostics;
using Bff.Sessions.Store;

namespace Bff.Simulation;

/// <summary>Nodes, one store, one provider and a clock that runs as fast as they do.</summary>
internal sealed class Simulation(SimulationOptions options)
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(5);

    /// <summary>Nodes that die, and then those that join.</summary>
    private const int Dying = 2, Joining = 1;

    private readonly List<SimulatedNode> _nodes = [];
    private readonly List<PhaseResult> _phases = [];
    private readonly long _began = Stopwatch.GetTimestamp();
    private long _told;

    public SimulationOptions Options => options;

    public VirtualClock Clock { get; } = new(Start);

    public SessionTable Table { get; } =
        new(options.Sessions, Start, options.TokenLife, options.Duration + options.TokenLife + TimeSpan.FromMinutes(1));

    /// <summary>What each node said of itself last.</summary>
    public Dictionary<string, Node> Board { get; } = [];

    public Warnings Warnings { get; } = new();

    private long Renewed => Table.Renewed.Sum();

    public SimulationResult Run()
    {
        for (var node = 0; node < options.Nodes; node++) { _nodes.Add(SimulatedNode.Make(this, node)); }
        Fill();
        Begin(_nodes);
        if (options.Losses)
        {
            RunPhase("all there", options.Duration / 3);
            foreach (var node in _nodes.Take(Dying)) { node.Die(); }
            RunPhase($"{Dying} dead", options.Duration * 2 / 3);
            var joined = Enumerable.Range(_nodes.Count, Joining).Select(number => SimulatedNode.Make(this, number)).ToList();
            _nodes.AddRange(joined);
            Begin(joined);
            RunPhase($"{Joining} joined", options.Duration);
        }
        else
        {
            RunPhase("all there", options.Duration);
        }

        return Result();
    }

    public int NodeOf(string instance) => _nodes.FindIndex(node => node.Instance == instance);

    public bool IsDead(int node) => !_nodes[node].IsAlive;

    /// <summary>Each node learns of each write, as by the store's notifications.</summary>
    public void Publish(SessionChange change, int from)
    {
        var told = change with { Remote = true };
        foreach (var node in _nodes)
        {
            if (node.IsAlive) { node.Hear(node.Number == from ? change : told); }
        }
    }

    private static void Begin(IEnumerable<SimulatedNode> nodes)
    {
        foreach (var node in nodes) { node.StartAsync().GetAwaiter().GetResult(); }
    }

    /// <summary>As if they had been renewed all the time: nothing is due yet, and something from the first moment on.</summary>
    private void Fill()
    {
        Tell($"putting {options.Sessions:N0} sessions there");
        var policy = _nodes[0].Policy;
        for (var number = 0; number < options.Sessions; number++)
        {
            while (!Table.TryPut(number, Start - (options.TokenLife * Random.Shared.NextDouble()), (id, tokens) => policy.DueAt(id, tokens))) { }
        }
    }

    private void RunPhase(string name, TimeSpan end)
    {
        var (from, before) = (Clock.Elapsed, Table.Renewed.ToArray());
        while (true)
        {
            Quiet.Await();
            if (!Clock.MoveOn(end)) { break; }
            if (Stopwatch.GetElapsedTime(_told) >= ProgressInterval) { TellProgress(); }
        }

        _phases.Add(new PhaseResult(
            name, from.TotalMinutes, end.TotalMinutes,
            [.. _nodes.Where(node => node.IsAlive).Select(node => new NodeShare(node.Number, Table.Renewed[node.Number] - before[node.Number]))]));
    }

    private SimulationResult Result()
    {
        TellProgress();
        var took = Stopwatch.GetElapsedTime(_began);
        var lags = new Histogram(TimeSpan.FromMilliseconds(10), 12_000);
        foreach (var node in _nodes) { lags.Add(node.Lags); }
        return new SimulationResult
        {
            Nodes = options.Nodes,
            Sessions = options.Sessions,
            Minutes = options.Duration.TotalMinutes,
            TokenMinutes = options.TokenLife.TotalMinutes,
            MaxPerSecond = options.NodeRate,
            MaxConcurrency = options.NodeConcurrency,
            Phases = _phases,
            Renewed = Renewed,
            Asked = Table.Asked,
            Replayed = Table.Replayed,
            RepeatedForTheDead = Table.Repeated,
            Late = Table.Late,
            Expired = Table.CountExpired(Clock.GetUtcNow()),
            SecondsLeftAtLeast = Table.Left.Least.TotalSeconds,
            LagMedianMs = lags.At(0.5).TotalMilliseconds,
            LagP99Ms = lags.At(0.99).TotalMilliseconds,
            LagMostMs = lags.Most.TotalMilliseconds,
            ClaimStatements = _nodes.Sum(node => node.Store.Claims),
            Claimed = _nodes.Sum(node => node.Store.Claimed),
            NextDueStatements = _nodes.Sum(node => node.Store.NextDues),
            Completions = _nodes.Sum(node => node.Store.Completions),
            Warnings = Warnings.Count,
            FirstWarnings = Warnings.First,
            TookSeconds = took.TotalSeconds,
            CpuSeconds = Environment.CpuUsage.TotalTime.TotalSeconds,
            PeakMegabytes = Process.GetCurrentProcess().PeakWorkingSet64 / 1e6,
        };
    }

    private void TellProgress()
    {
        var (renewed, seconds) = (Renewed, Stopwatch.GetElapsedTime(_began).TotalSeconds);
        Tell(
            $@"{Clock.Elapsed:hh\:mm\:ss} of {options.Duration:hh\:mm\:ss} after {seconds:F0} s: {renewed:N0} renewals ({renewed / seconds:N0} a second), "
            + $"{Table.Late:N0} late, {Table.Replayed:N0} twice");
    }

    private void Tell(string line)
    {
        _told = Stopwatch.GetTimestamp();
        Console.Error.WriteLine($"simulation: {line}");
    }
}
