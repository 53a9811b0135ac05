using System.Runtime.InteropServices;
using System.Text;
using Bff.Benchmarks.Load;

namespace Bff.Benchmarks.Measuring;

/// <summary>The table at the end.</summary>
internal static class Report
{
    private static readonly string[] Columns =
    [
        "", "CPU µs/call", "least–most", "× bare", "least–most", "calls/s", "× bare", "p50 ms", "p99 ms", "p99.9 ms", "p99 × bare", "bytes/call", "more than bare",
        "memory MB", "failed",
    ];

    public static string Write(BenchmarkOptions options, IEnumerable<(Scenario Scenario, IReadOnlyList<Measurement> Measurements)> results)
    {
        var text = new StringBuilder().AppendLine($"{Machine()}; {options.Connections} connections, {options.Rounds} rounds of {options.Seconds:F0} s");
        foreach (var (scenario, measurements) in results)
        {
            var bare = measurements.FirstOrDefault(measurement => measurement.Contender == Contender.Bare);
            text.AppendLine().AppendLine($"**{scenario.Name}**: {scenario.Title}").AppendLine();
            AppendTable(text, [Columns, .. measurements.Select(measurement => Row(measurement, bare))]);
        }

        return text.ToString();
    }

    public static string Machine()
    {
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
        return $"{Environment.ProcessorCount} cores ({model ?? RuntimeInformation.ProcessArchitecture.ToString()}), .NET {Environment.Version}, "
            + RuntimeInformation.OSDescription;
    }

    private static string[] Row(Measurement measured, Measurement? bare)
    {
        var cpu = measured.Of(round => round.CpuPerCall);
        var cpuRatio = Ratio(round => round.CpuPerCall);
        var allocated = measured.Of(round => round.AllocatedPerCall).Median;
        var more = allocated - bare?.Of(round => round.AllocatedPerCall).Median;
        return
        [
            measured.Contender, $"{cpu.Median:F1}", $"{cpu.Least:F1}–{cpu.Most:F1}",
            cpuRatio is null ? "" : $"{cpuRatio.Median:F2}", cpuRatio is null ? "" : $"{cpuRatio.Least:F2}–{cpuRatio.Most:F2}",
            $"{measured.Of(round => round.CallsPerSecond).Median:N0}", $"{Ratio(round => round.CallsPerSecond)?.Median:F2}",
            Milliseconds(round => round.P50), Milliseconds(round => round.P99), Milliseconds(round => round.P999),
            $"{Ratio(round => round.P99)?.Median:F2}", double.IsNaN(allocated) ? "" : $"{allocated:N0}",
            more is null || double.IsNaN(more.Value) ? "" : $"{more:N0}", $"{measured.Of(round => round.ResidentBytes).Median / 1e6:N0}", $"{measured.Failed:N0}",
        ];

        Spread? Ratio(Func<LoadResult, double?> figure) => bare is null || measured.Contender is Contender.Bare or Contender.Direct
            ? null
            : measured.RatioTo(bare, figure);
        string Milliseconds(Func<LoadResult, double?> figure) => $"{measured.Of(figure).Median / 1000:F2}";
    }

    private static void AppendTable(StringBuilder text, IReadOnlyList<string[]> rows)
    {
        var widths = rows[0].Select((_, column) => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
        {
            text.AppendLine("| " + string.Join(" | ", row.Select((cell, at) => at == 0 ? cell.PadRight(widths[at]) : cell.PadLeft(widths[at]))) + " |");
            if (row == rows[0]) { text.AppendLine("|" + string.Join("|", widths.Select((width, at) => new string('-', width + 1) + (at == 0 ? "-" : ":"))) + "|"); }
        }
    }
}
