namespace Bff.Benchmarks.Measuring;

internal sealed record BenchmarkOptions
{
    /// <summary>Where Bff was published to.</summary>
    public required string Build { get; init; }

    public IReadOnlyList<Scenario> Scenarios { get; init; } = Scenario.All;

    public IReadOnlyList<string> Contenders { get; init; } = Contender.Names;

    /// <summary>So often all contenders are started anew: the compiler decides in each process what is worth optimizing.</summary>
    public int Starts { get; init; } = 1;

    /// <summary>Of each start.</summary>
    public int Rounds { get; init; } = 5;

    public double Seconds { get; init; } = 4;

    /// <summary>Load that is not counted, before each window.</summary>
    public double RampSeconds { get; init; } = 1;

    /// <summary>Load on a contender before its first window, for the compiler's last tier.</summary>
    public double WarmUpSeconds { get; init; } = 10;

    public int WarmUpCalls { get; init; } = 40_000;

    public int Connections { get; init; } = 32;

    /// <summary>More settings of Bff, as <c>key=value</c>.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>What CI has time for.</summary>
    public BenchmarkOptions Quick() => this with
    {
        Scenarios = [Scenario.First], Contenders = [Contender.Bare, Contender.Sqlite], Starts = 1, Rounds = 24,
        Seconds = 0.6, RampSeconds = 0.2, WarmUpSeconds = 10,
    };
}
