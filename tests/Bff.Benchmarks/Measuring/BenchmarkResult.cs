using Bff.Benchmarks.Load;

namespace Bff.Benchmarks.Measuring;

/// <summary>Everything a run found out, as <c>--json</c> writes it.</summary>
internal sealed record BenchmarkResult(
    string Machine, DateTimeOffset At, int Connections, int Starts, int Rounds, double Seconds, IReadOnlyList<ScenarioResult> Scenarios)
{
    /// <summary>How often each was measured.</summary>
    public string Told => Starts > 1 ? $"{Starts} starts with {Rounds} rounds each" : $"{Rounds} rounds";
}

internal sealed record ScenarioResult(string Name, string Title, IReadOnlyList<ContenderResult> Contenders);

/// <summary>Medians over the rounds. A ratio is that of the medians, to bare YARP; its least and its most are those of one round.</summary>
internal sealed record ContenderResult
{
    public required string Name { get; init; }

    public required string Label { get; init; }

    /// <summary>Microseconds.</summary>
    public required Spread CpuPerCall { get; init; }

    public Spread? CpuRatio { get; init; }

    public required Spread CallsPerSecond { get; init; }

    public Spread? CallsRatio { get; init; }

    /// <summary>Microseconds, as are the other two.</summary>
    public required Spread P50 { get; init; }

    public required Spread P99 { get; init; }

    public required Spread P999 { get; init; }

    public Spread? P99Ratio { get; init; }

    /// <summary>Null when it is no .NET program.</summary>
    public Spread? AllocatedPerCall { get; init; }

    /// <summary>Bytes more than bare YARP's.</summary>
    public Spread? AllocatedMore { get; init; }

    public required Spread ResidentBytes { get; init; }

    public required long Failed { get; init; }

    public string? Failure { get; init; }

    /// <summary>What happened besides.</summary>
    public string? Note { get; init; }

    public required IReadOnlyList<LoadResult> Windows { get; init; }

    public static ContenderResult Of(string name, IReadOnlyList<LoadResult> windows, IReadOnlyList<LoadResult>? bare, string? note)
    {
        if (name is Contender.Bare or Contender.Direct) { bare = null; }
        return new ContenderResult
        {
            Name = name,
            Label = Contender.LabelOf(name),
            CpuPerCall = Median(window => window.CpuPerCall)!,
            CpuRatio = Compared(window => window.CpuPerCall, (ours, theirs) => ours / theirs),
            CallsPerSecond = Median(window => window.CallsPerSecond)!,
            CallsRatio = Compared(window => window.CallsPerSecond, (ours, theirs) => ours / theirs),
            P50 = Median(window => window.P50)!,
            P99 = Median(window => window.P99)!,
            P999 = Median(window => window.P999)!,
            P99Ratio = Compared(window => window.P99, (ours, theirs) => ours / theirs),
            AllocatedPerCall = Median(window => window.AllocatedPerCall),
            AllocatedMore = Compared(window => window.AllocatedPerCall, (ours, theirs) => ours - theirs),
            ResidentBytes = Median(window => window.ResidentBytes)!,
            Failed = windows.Sum(window => window.Failed),
            Failure = windows.Select(window => window.Failure).FirstOrDefault(failure => failure is not null),
            Note = note,
            Windows = windows,
        };

        Spread? Median(Func<LoadResult, double?> figure) => Spread.Of(windows.Select(figure));
        Spread? Compared(Func<LoadResult, double?> figure, Func<double?, double?, double?> compare)
        {
            if (bare is null || Median(figure) is not { } median) { return null; }
            return Spread.Of(windows.Zip(bare, (ours, theirs) => compare(figure(ours), figure(theirs))))! with
            {
                Median = compare(median.Median, Spread.Of(bare.Select(figure))?.Median) ?? double.NaN,
            };
        }
    }
}
