using System.Diagnostics;
using System.Text.Json;

namespace Bff.Tests.Renewal;

/// <summary>The renewal engine of several nodes on a virtual clock, in a process of its own: it waits until the thread pool has nothing to do.</summary>
public class SimulationTests
{
    /// <summary>Alone on a core it takes five seconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static readonly string[] Small = ["--nodes", "4", "--sessions", "100000", "--token-minutes", "18", "--minutes", "9", "--losses"];

    private sealed record Share(int Node, long Renewed);

    private sealed record Phase(string Name, IReadOnlyList<Share> Shares, double Imbalance);

    private sealed record Result(
        IReadOnlyList<Phase> Phases, long Renewed, long Replayed, long Late, long Expired, double LagMostMs, double StatementsPerRenewal);

    [Fact]
    public async Task Nodes_share_renewals_evenly_and_none_is_twice_or_late_also_when_two_die_and_one_joins()
    {
        var result = await SimulateAsync(Small);

        result.Phases.Select(phase => phase.Shares.Count).ShouldBe([4, 2, 3]);
        foreach (var phase in result.Phases) { phase.Imbalance.ShouldBeLessThan(0.15, $"{phase.Name}: {string.Join(", ", phase.Shares)}"); }
        result.Renewed.ShouldBeGreaterThan(40_000);
        result.Replayed.ShouldBe(0);
        (result.Late + result.Expired).ShouldBe(0);
        result.StatementsPerRenewal.ShouldBeLessThan(2, "a claim finds several sessions, and no node asks in a tight loop");
        result.LagMostMs.ShouldBeLessThan(6_000, "what the dead were renewing is free after three seconds");
    }

    [Fact]
    public async Task A_node_that_is_nearer_to_the_store_renews_no_more_than_the_others()
    {
        var result = await SimulateAsync(["--nodes", "4", "--sessions", "30000", "--token-minutes", "10", "--minutes", "8", "--near"]);

        result.Phases.Single().Imbalance.ShouldBeLessThan(0.15, string.Join(", ", result.Phases.Single().Shares));
    }

    private static async Task<Result> SimulateAsync(string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory.Replace("Bff.Tests", "Bff.Simulation", StringComparison.Ordinal), "Bff.Simulation.dll");
        var file = Path.GetTempFileName();
        try
        {
            var said = new List<string>();
            await using var process = new ProgramProcess(new ProcessStartInfo("dotnet", [program, .. arguments, "--json", file]), said.Add, said.Add);
            await Eventually.HappensAsync(() => process.HasExited, patience: Patience);
            await process.ExitsAsync();
            File.ReadAllText(file).ShouldNotBeEmpty(string.Join('\n', said));
            return JsonSerializer.Deserialize<Result>(await File.ReadAllTextAsync(file), JsonSerializerOptions.Web)!;
        }
        finally
        {
            File.Delete(file);
        }
    }
}
