using System.Diagnostics;
using System.Globalization;
using Bff.Faults.Scenarios;

namespace Bff.Faults;

/// <summary>
/// Real Bff processes, a real clock and real databases against a provider that breaks. Prints a table with the target beside each figure and ends
/// with 1 when one was missed. <c>dotnet run -c Release --project tests/Bff.Faults -- [scenario …] [--quick] [--store sqlite|postgres|both] [--outage
/// hh:mm:ss]</c>
/// </summary>
internal static class FaultBench
{
    private static readonly (string Name, Func<Bench, Task> RunAsync)[] Scenarios =
    [
        ("outage", OutageScenario.RunAsync),
        ("hang", HangScenario.RunAsync),
        ("parallel", ParallelScenario.RunAsync),
        ("cluster", ClusterScenario.RunAsync),
        ("providers", ProvidersScenario.RunAsync),
        ("abort", AbortScenario.RunAsync),
        ("kill", KillScenario.RunAsync),
        ("burst", BurstScenario.RunAsync),
        ("recovery", RecoveryScenario.RunAsync),
        ("index", IndexScenario.RunAsync),
        ("streams", StreamsScenario.RunAsync),
        ("rolling", RollingScenario.RunAsync),
        ("sizing", SizingScenario.RunAsync),
        ("store", StoreScenario.RunAsync),
        ("alerts", AlertsScenario.RunAsync),
    ];

    public static async Task<int> Main(string[] arguments)
    {
        if (!TryRead(arguments, out var options, out var names)) { return 2; }
        await using var bench = new Bench(options);
        foreach (var (name, run) in Scenarios.Where(scenario => names.Count == 0 || names.Contains(scenario.Name)))
        {
            var started = Stopwatch.GetTimestamp();
            bench.Scenario = name;
            try
            {
                await run(bench);
            }
            catch (Exception error)
            {
                await Console.Error.WriteLineAsync(error.ToString());
                bench.Sheet("").Add("ran to its end", error.Message.Split('\n')[0], "yes", ok: false);
            }

            bench.Sheet("").Inform("took", $"{Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s");
        }

        Console.WriteLine(bench.Table());
        return bench.Missed ? 1 : 0;
    }

    private static bool TryRead(string[] arguments, out BenchOptions options, out List<string> names)
    {
        (options, names) = (new BenchOptions(), []);
        for (var at = 0; at < arguments.Length; at++)
        {
            var value = at + 1 < arguments.Length ? arguments[at + 1] : "";
            switch (arguments[at])
            {
                case "--quick":
                    options = options with { Quick = true };
                    break;
                case "--store" when value is "sqlite" or "postgres" or "both":
                    options = options with { Sqlite = value != "postgres", PostgreSql = value != "sqlite" };
                    at++;
                    break;
                case "--outage" when TimeSpan.TryParse(value, CultureInfo.InvariantCulture, out var outage):
                    options = options with { Outage = outage };
                    at++;
                    break;
                case "--sessions" when int.TryParse(value, CultureInfo.InvariantCulture, out var sessions):
                    options = options with { Sessions = sessions };
                    at++;
                    break;
                case "--rate" when int.TryParse(value, CultureInfo.InvariantCulture, out var rate):
                    options = options with { Rate = rate };
                    at++;
                    break;
                case "--other" when File.Exists(Path.Combine(value, "Bff.dll")):
                    options = options with { Other = Path.GetFullPath(value) };
                    at++;
                    break;
                case var name when Scenarios.Any(scenario => scenario.Name == name):
                    names.Add(name);
                    break;
                default:
                    Console.Error.WriteLine($"'{arguments[at]}' is not understood. Scenarios: {string.Join(' ', Scenarios.Select(scenario => scenario.Name))}");
                    Console.Error.WriteLine(
                        "Options: --quick, --store sqlite|postgres|both, --outage hh:mm:ss (recovery), --sessions n (burst, recovery, index, sizing), --rate "
                        + "n and --other FOLDER-OF-ANOTHER-BUILD (rolling)");
                    return false;
            }
        }

        return true;
    }
}
