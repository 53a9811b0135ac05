using System.Globalization;
using System.Text.Json;

namespace Bff.Commands;

/// <summary><c>bff nodes</c>: which nodes share the store, as the one that runs with this configuration hears of them.</summary>
internal static class NodesCommand
{
    private const string Overview = "/overview";

    /// <param name="Name">Its machine, and the port operators use.</param>
    /// <param name="Version">Of Bff.</param>
    /// <param name="Url">Its ops page; null where it cannot be reached from elsewhere.</param>
    /// <param name="StartedAt">When its process started.</param>
    /// <param name="SeenAt">When it last said that it lives; null for the one that was asked.</param>
    /// <param name="Ready">Whether it was ready then.</param>
    /// <param name="Alive">Null while that cannot be said.</param>
    /// <param name="Renewals">How many sessions it has renewed since its start.</param>
    private sealed record NodeView(
        string Name, string Version, string? Url, DateTimeOffset StartedAt, DateTimeOffset? SeenAt, bool Ready, bool? Alive, long Renewals);

    private sealed record RenewalsView(long Renewed);

    private sealed record OverviewView(
        DateTimeOffset Now, string Node, string Version, DateTimeOffset StartedAt, bool Ready, RenewalsView Renewals, IReadOnlyList<NodeView> Nodes);

    public static Task<int> RunAsync(string[] args, bool json) => OpsCall.AskAsync(args, HttpMethod.Get, Overview, async response =>
    {
        var seen = (await response.ReadFromJsonAsync<OverviewView>())!;
        var self = new NodeView(seen.Node, seen.Version, Url: null, seen.StartedAt, SeenAt: null, seen.Ready, Alive: true, seen.Renewals.Renewed);
        NodeView[] nodes = [self, .. seen.Nodes];
        if (json) { Console.WriteLine(JsonSerializer.Serialize(new { Nodes = nodes }, JsonSerializerOptions.Web)); }
        else { Print(nodes, seen.Now); }
    });

    private static void Print(NodeView[] nodes, DateTimeOffset now)
    {
        Write("NODE", "VERSION", "STATE", "UP", "RENEWALS", "OPS PAGE");
        foreach (var node in nodes)
        {
            Write(
                node.Name, node.Version, StateOf(node), node.Alive == false ? "" : Up(now - node.StartedAt),
                node.Renewals.ToString(CultureInfo.InvariantCulture), node.SeenAt is null ? "(this one)" : node.Url ?? "");
        }

        static void Write(string name, string version, string state, string up, string renewals, string page) => Console.WriteLine(
            $"{Printable.Text(name),-32}  {Printable.Text(version),-16}  {state,-14}  {up,11}  {renewals,10}  {Printable.Text(page)}".TrimEnd());
    }

    private static string StateOf(NodeView node) => node.Alive switch
    {
        null => "unknown",
        false => "not reporting",
        true => node.Ready ? "ready" : "not ready",
    };

    private static string Up(TimeSpan time) => time.ToString(time.TotalDays >= 1 ? @"d\.hh\:mm\:ss" : @"hh\:mm\:ss", CultureInfo.InvariantCulture);
}
