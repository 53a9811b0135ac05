using System.Globalization;
using System.Net;
using System.Text;

namespace Bff.Benchmarks.Measuring;

/// <summary>CPU time a call, a bar for each contender, as SVG.</summary>
internal static class Chart
{
    private const int Width = 1000, Margin = 40, Left = 260, BarsEnd = 670, Row = 26, BarHeight = 16, HeadHeight = 92, GroupHeight = 40;
    private const string Fonts = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
    private const string Ink = "#0f172a", Quiet = "#475569", Ours = "#0f766e", Peer = "#64748b", Others = "#cbd5e1";

    public static string Draw(BenchmarkResult result)
    {
        // The upstream's own time is no proxy's.
        var groups = result.Scenarios.Select(scenario => (scenario.Title, Bars: scenario.Contenders.Where(one => one.Name != Contender.Direct).ToList()))
            .Where(group => group.Bars.Count > 0).ToList();
        var most = groups.SelectMany(group => group.Bars).Max(bar => bar.CpuPerCall.Median);
        var height = HeadHeight + groups.Sum(group => GroupHeight + (group.Bars.Count * Row)) + Margin;
        var svg = new StringBuilder().AppendLine(
            $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" width="{Width}" height="{height}" font-family="{Fonts}"
              role="img" aria-labelledby="title desc">
              <title id="title">CPU time of the proxy for each forwarded call</title>
              <desc id="desc">{Escaped(Described(groups))}</desc>
              <rect width="{Width}" height="{height}" rx="14" fill="#f8fafc"/>
              <text x="{Margin}" y="44" font-size="19" font-weight="700" fill="{Ink}">CPU time of the proxy for each forwarded call, in microseconds</text>
              <text x="{Margin}" y="68" font-size="12" fill="{Quiet}">{Escaped(Where(result))}</text>
            """);
        var y = HeadHeight;
        foreach (var (title, bars) in groups)
        {
            svg.AppendLine($"""  <text x="{Margin}" y="{y + 24}" font-size="14" font-weight="600" fill="{Ink}">{Escaped(title)}</text>""");
            y += GroupHeight;
            foreach (var bar in bars)
            {
                var length = Math.Max(bar.CpuPerCall.Median / most * (BarsEnd - Left), 1);
                svg.AppendLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"""
                          <text x="{Left - 12}" y="{y + 13}" font-size="13" text-anchor="end" fill="{Ink}">{Escaped(bar.Label)}</text>
                          <rect x="{Left}" y="{y}" width="{length:F0}" height="{BarHeight}" rx="3" fill="{ColourOf(bar.Name)}"/>
                          <text x="{Left + length + 10:F0}" y="{y + 13}" font-size="13" fill="{Quiet}">{Escaped(Told(bar))}</text>
                        """));
                y += Row;
            }
        }

        return svg.AppendLine("</svg>").ToString();
    }

    private static string Where(BenchmarkResult result) =>
        $"{result.Machine}; {result.Connections} connections, median of {result.Told}, {result.At:yyyy-MM-dd}";

    private static string Described(IEnumerable<(string Title, List<ContenderResult> Bars)> groups) =>
        string.Join(". ", groups.Select(group => $"{group.Title}: " + string.Join("; ", group.Bars.Select(bar => $"{bar.Label} {Told(bar)}"))));

    private static string Told(ContenderResult bar) =>
        $"{bar.CpuPerCall.Median:F0} µs{(bar.CpuRatio is { } ratio ? $" ({ratio.Median:F2} × bare YARP)" : "")}, {bar.CallsPerSecond.Median:N0} calls/s";

    private static string ColourOf(string contender) => contender switch
    {
        Contender.Sqlite or Contender.PostgreSql or Contender.Bound or Contender.Gateway => Ours,
        Contender.Bare => Peer,
        _ => Others,
    };

    private static string Escaped(string text) => WebUtility.HtmlEncode(text);
}
