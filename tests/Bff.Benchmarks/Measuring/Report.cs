using System.Runtime.InteropServices;
using System.Text;

namespace Bff.Benchmarks.Measuring;

/// <summary>The tables at the end.</summary>
internal static class Report
{
    private const double MuchWork = 0.1;

    private static readonly (string Head, Func<ContenderResult, string> Cell)[] Columns =
    [
        ("", one => one.Label),
        ("CPU µs/call", one => $"{one.CpuPerCall.Median:F1}"),
        ("× bare", one => $"{one.CpuRatio?.Median:F2}"),
        ("from–to", one => one.CpuRatio is { } ratio ? $"{ratio.Least:F2}–{ratio.Most:F2}" : ""),
        ("calls/s", one => $"{one.CallsPerSecond.Median:N0}"),
        ("× bare", one => $"{one.CallsRatio?.Median:F2}"),
        ("p50 ms", one => Milliseconds(one.P50)),
        ("p99 ms", one => Milliseconds(one.P99)),
        ("p99.9 ms", one => Milliseconds(one.P999)),
        ("p99 × bare", one => $"{one.P99Ratio?.Median:F2}"),
        ("bytes/call", one => $"{one.AllocatedPerCall?.Median:N0}"),
        ("above bare", one => $"{one.AllocatedMore?.Median:N0}"),
        ("memory MB", one => $"{one.ResidentBytes.Median / 1e6:N0}"),
        ("failed", one => $"{one.Failed:N0}"),
    ];

    public static string Write(BenchmarkResult result)
    {
        var text = new StringBuilder().AppendLine($"{result.Machine}; {result.Connections} connections, {result.Told} of {result.Seconds} s");
        foreach (var scenario in result.Scenarios)
        {
            text.AppendLine().AppendLine($"**{scenario.Name}**: {scenario.Title}").AppendLine();
            AppendTable(text, [.. scenario.Contenders.Select(one => Columns.Select(column => column.Cell(one)).ToArray())]);
            foreach (var one in scenario.Contenders)
            {
                if (one.Note is not null) { text.AppendLine().AppendLine($"{one.Label}: {one.Note}."); }
                if (one.Failure is not null) { text.AppendLine().AppendLine($"{one.Label}: the first call that failed: {one.Failure.Split('\n')[0].Trim()}"); }
            }
        }

        var others = result.Scenarios.SelectMany(scenario => scenario.Contenders).SelectMany(one => one.Windows).Average(window => window.Others);
        if (others > MuchWork)
        {
            text.AppendLine().AppendLine($"Other programs took {others * 100:F0} % of this machine meanwhile. Times are then too long, and ratios uncertain.");
        }

        return text.ToString();
    }

    public static string Machine()
    {
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
        return $"{Environment.ProcessorCount} cores ({model ?? RuntimeInformation.ProcessArchitecture.ToString()}), .NET {Environment.Version}, "
            + RuntimeInformation.OSDescription;
    }

    private static string Milliseconds(Spread microseconds) => $"{microseconds.Median / 1000:F2}";

    private static void AppendTable(StringBuilder text, IReadOnlyList<string[]> rows)
    {
        string[] head = [.. Columns.Select(column => column.Head)];
        var widths = head.Select((name, column) => rows.Max(row => Math.Max(row[column].Length, name.Length))).ToArray();
        AppendRow(head);
        text.AppendLine("|" + string.Join("|", widths.Select((width, at) => new string('-', width + 1) + (at == 0 ? "-" : ":"))) + "|");
        foreach (var row in rows) { AppendRow(row); }

        void AppendRow(string[] row) =>
            text.AppendLine("| " + string.Join(" | ", row.Select((cell, at) => at == 0 ? cell.PadRight(widths[at]) : cell.PadLeft(widths[at]))) + " |");
    }
}
