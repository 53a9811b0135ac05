namespace Bff.Benchmarks.Load;

/// <summary>What one window brought. Times are microseconds.</summary>
internal sealed record LoadResult
{
    public required long Calls { get; init; }

    /// <summary>Calls that were not answered 200, or not at all.</summary>
    public required long Failed { get; init; }

    /// <summary>How the first of those was answered.</summary>
    public string? Failure { get; init; }

    public required double Seconds { get; init; }

    public double CallsPerSecond => Calls / Seconds;

    /// <summary>Of the measured process.</summary>
    public required double CpuPerCall { get; init; }

    public required double? AllocatedPerCall { get; init; }

    public required int Collections { get; init; }

    public required int FullCollections { get; init; }

    /// <summary>Methods the runtime has compiled meanwhile: while it does, a call costs more than it will.</summary>
    public required int CompiledMethods { get; init; }

    public required double P50 { get; init; }

    public required double P99 { get; init; }

    public required double P999 { get; init; }

    public required double Max { get; init; }

    /// <summary>Of the measured process, after the window.</summary>
    public required long ResidentBytes { get; init; }

    /// <summary>How much of the machine was taken by programs that are no part of this, from 0 to 1.</summary>
    public required double Others { get; init; }

    /// <summary>CPU time of the load generator itself, which is not part of anything.</summary>
    public required double LoadCpuPerCall { get; init; }
}
