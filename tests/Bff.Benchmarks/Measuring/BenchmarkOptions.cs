namespace Bff.Benchmarks.Measuring;

internal sealed record BenchmarkOptions
{
    public required string Build { get; init; }

    public IReadOnlyList<Scenario> Scenarios { get; init; } = Scenario.All;

    public IReadOnlyList<string> Contenders { get; init; } = Contender.Names;

    public int Rounds { get; init; } = 5;

    public double Seconds { get; init; } = 4;

    /// <summary>Load on a contender before its first window, for the compiler's last tier.</summary>
    public double WarmUpSeconds { get; init; } = 12;

    public int Connections { get; init; } = 32;
}
