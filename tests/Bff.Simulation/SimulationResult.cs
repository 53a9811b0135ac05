using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Bff.Simulation;

/// <param name="Node">Its number.</param>
/// <param name="Renewed">Renewals that it stored.</param>
internal sealed record NodeShare(int Node, long Renewed);

/// <summary>A stretch of time in which the same nodes live.</summary>
/// <param name="Name">What is the matter then.</param>
/// <param name="FromMinute">When it began.</param>
/// <param name="ToMinute">When it ended.</param>
/// <param name="Shares">What each living node renewed.</param>
internal sealed record PhaseResult(string Name, double FromMinute, double ToMinute, IReadOnlyList<NodeShare> Shares)
{
    /// <summary>How far the node that is farthest from the mean is from it, as a part of it.</summary>
    public double Imbalance
    {
        get
        {
            var mean = Shares.Average(share => share.Renewed);
            return mean == 0 ? 0 : Shares.Max(share => Math.Abs(share.Renewed - mean)) / mean;
        }
    }
}

/// <summary>What came of it.</summary>
internal sealed record SimulationResult
{
    public const double MaxImbalance = 0.15;

    public static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public int Nodes { get; init; }

    public int Sessions { get; init; }

    public double Minutes { get; init; }

    public double TokenMinutes { get; init; }

    public int MaxPerSecond { get; init; }

    public int MaxConcurrency { get; init; }

    public IReadOnlyList<PhaseResult> Phases { get; init; } = [];

    public long Renewed { get; init; }

    public long Asked { get; init; }

    public long Replayed { get; init; }

    public long RepeatedForTheDead { get; init; }

    public long Late { get; init; }

    public long Expired { get; init; }

    public double SecondsLeftAtLeast { get; init; }

    public double LagMedianMs { get; init; }

    public double LagP99Ms { get; init; }

    public double LagMostMs { get; init; }

    public long ClaimStatements { get; init; }

    public long Claimed { get; init; }

    public long NextDueStatements { get; init; }

    public long Completions { get; init; }

    public double StatementsPerRenewal => Renewed == 0 ? 0 : (double)(ClaimStatements + NextDueStatements + Completions) / Renewed;

    public int Warnings { get; init; }

    public IReadOnlyList<string> FirstWarnings { get; init; } = [];

    public double TookSeconds { get; init; }

    public double CpuSeconds { get; init; }

    public double PeakMegabytes { get; init; }

    public IEnumerable<string> Complaints()
    {
        foreach (var phase in Phases.Where(phase => phase.Imbalance > MaxImbalance))
        {
            yield return $"{phase.Name}: a node is {phase.Imbalance:P1} away from the mean, more than {MaxImbalance:P0}.";
        }

        if (Replayed > 0) { yield return $"{Replayed:N0} refresh tokens were used twice."; }
        if (Late > 0) { yield return $"{Late:N0} tokens were renewed after they had expired."; }
        if (Expired > 0) { yield return $"{Expired:N0} tokens had expired at the end."; }
        if (Renewed == 0) { yield return "Nothing was renewed."; }
    }

    public override string ToString()
    {
        var text = new StringBuilder().AppendLine(
            CultureInfo.InvariantCulture,
            $"""
            {Sessions:N0} sessions, tokens of {TokenMinutes:N0} minutes, {Nodes} nodes, {Minutes:N0} virtual minutes
            MaxPerSecond {MaxPerSecond}, MaxConcurrency {MaxConcurrency}

            | From–to minute | | Renewals | a second | by node, least–most | from the mean |
            |--:|---|--:|--:|--:|--:|
            """);
        foreach (var phase in Phases)
        {
            var (shares, minutes) = (phase.Shares.Select(share => share.Renewed).ToList(), phase.ToMinute - phase.FromMinute);
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {phase.FromMinute:F0}–{phase.ToMinute:F0} | {phase.Name} | {shares.Sum():N0} | {shares.Sum() / minutes / 60:N0} "
                + $"| {shares.Min():N0}–{shares.Max():N0} | {phase.Imbalance:P1} |");
        }

        return text.AppendLine(
            CultureInfo.InvariantCulture,
            $"""

            | | |
            |---|--:|
            | refresh tokens used twice | {Replayed:N0} |
            | used again for a node that died with the response | {RepeatedForTheDead:N0} |
            | renewed after expiry, expired at the end | {Late:N0}, {Expired:N0} |
            | the least that a token had left | {SecondsLeftAtLeast:F1} s |
            | stored after the due time: median, 99 %, most | {LagMedianMs:N0}, {LagP99Ms:N0}, {LagMostMs:N0} ms |
            | statements per renewal: claim, next due, complete | {PerRenewal(ClaimStatements)}, {PerRenewal(NextDueStatements)}, {PerRenewal(Completions)} |
            | renewals per claim that found some to claim or none | {(double)Claimed / Math.Max(1, ClaimStatements):F1} |
            | warnings | {Warnings:N0} |
            | took, CPU, memory | {TookSeconds:N0} s, {CpuSeconds:N0} s, {PeakMegabytes:N0} MB |
            """).ToString();
    }

    private string PerRenewal(long statements) => ((double)statements / Math.Max(1, Renewed)).ToString("F3", CultureInfo.InvariantCulture);
}
