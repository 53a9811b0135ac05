using System.Text.Json;

namespace Bff.Benchmarks.Measuring;

/// <summary>What the product cost when somebody last wrote it down. Ratios and bytes, which a slower machine leaves as they are; never times.</summary>
internal sealed record Baseline(double CpuRatio, double AllocatedMore)
{
    /// <summary>How much worse the ratio may be.</summary>
    private const double Tolerance = 0.10;

    private const double ToleratedBytes = 250;

    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>
    /// By the window in the middle of the cheaper half of each: neighbours of the machine make calls dearer and never cheaper, so this differs less from run
    /// to run than the median that a table shows.
    /// </summary>
    public static Baseline Of(ContenderResult ours, ContenderResult bare) =>
        new(Math.Round(Quartile(ours) / Quartile(bare), 2), Math.Round(ours.AllocatedMore!.Median));

    private static double Quartile(ContenderResult measured)
    {
        var costs = measured.Windows.Select(window => window.CpuPerCall).Order().ToList();
        return costs[(costs.Count - 1) / 4];
    }

    public static Baseline Read(string file) => JsonSerializer.Deserialize<Baseline>(File.ReadAllText(file), Format)!;

    public void Write(string file) => File.WriteAllText(file, JsonSerializer.Serialize(this, Format) + "\n");

    /// <summary>What is worse now, each as a sentence.</summary>
    public IEnumerable<string> Complaints(Baseline now)
    {
        if (!(now.CpuRatio <= CpuRatio * (1 + Tolerance)))   // what is no number is no good either
        {
            yield return $"A call costs {now.CpuRatio:F2} times the CPU of bare YARP; it was {CpuRatio:F2}, and more than {Tolerance * 100:F0} % above that "
                + "is too much.";
        }

        if (!(now.AllocatedMore <= AllocatedMore + ToleratedBytes))
        {
            yield return $"A call allocates {now.AllocatedMore:N0} bytes more than with bare YARP; it was {AllocatedMore:N0}, and {ToleratedBytes:N0} more "
                + "than that is too much.";
        }
    }

    public bool IsBeatenBy(Baseline now) => now.CpuRatio < CpuRatio * (1 - Tolerance) || now.AllocatedMore < AllocatedMore - ToleratedBytes;
}
