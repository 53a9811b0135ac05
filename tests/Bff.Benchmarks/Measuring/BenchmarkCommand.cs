using System.CommandLine;
using Bff.Faults;

namespace Bff.Benchmarks.Measuring;

/// <summary>What <c>bench.sh</c> takes.</summary>
internal static class BenchmarkCommand
{
    public static RootCommand Describe()
    {
        var build = new Option<string>("--build") { Description = "The folder of a published Bff.", HelpName = "FOLDER", Required = true };
        var scenario = new Option<string[]>("--scenario")
        {
            Description = "Only these; may be given several times. " + string.Join("; ", Scenario.All.Select(one => $"{one.Name}: {one.Title}")) + ".",
        };
        scenario.AcceptOnlyFromAmong([.. Scenario.All.Select(one => one.Name)]);
        var only = new Option<string[]>("--only") { Description = "Only these contenders; may be given several times. [default: all]" };
        only.AcceptOnlyFromAmong([.. Contender.Names]);
        var rounds = new Option<int>("--rounds") { Description = "Windows of each contender, in turn.", DefaultValueFactory = _ => 5 };
        var seconds = new Option<double>("--seconds") { Description = "The length of a window.", DefaultValueFactory = _ => 4 };
        var warmUp = new Option<double>("--warm-up") { Description = "Seconds of load on each contender before a scenario.", DefaultValueFactory = _ => 12 };
        var connections = new Option<int>("--connections") { Description = "Kept, each with one call at a time.", DefaultValueFactory = _ => 32 };
        var root = new RootCommand("What a forwarded call costs, beside bare YARP and others that move the same bytes.")
        {
            build, scenario, only, rounds, seconds, warmUp, connections,
        };
        root.SetAction(parsed =>
        {
            var (scenarios, contenders) = (parsed.GetValue(scenario) ?? [], parsed.GetValue(only) ?? []);
            return RunAsync(new BenchmarkOptions
            {
                Build = Path.GetFullPath(parsed.GetValue(build)!),
                Scenarios = [.. Scenario.All.Where(one => scenarios.Length == 0 || scenarios.Contains(one.Name))],
                Contenders = [.. Contender.Names.Where(name => contenders.Length == 0 || contenders.Contains(name))],
                Rounds = parsed.GetValue(rounds),
                Seconds = parsed.GetValue(seconds),
                WarmUpSeconds = parsed.GetValue(warmUp),
                Connections = parsed.GetValue(connections),
            });
        });
        return root;
    }

    private static async Task<int> RunAsync(BenchmarkOptions options)
    {
        var probes = Directory.CreateTempSubdirectory("bff-bench-probes-").FullName;
        try
        {
            Environment.SetEnvironmentVariable(StartupHook.FolderVariable, probes);
            Environment.SetEnvironmentVariable("DOTNET_STARTUP_HOOKS", typeof(StartupHook).Assembly.Location);
            await using var bench = new Bench(new BenchOptions { Build = options.Build });
            Console.WriteLine(Report.Write(options, await new Runner(options, bench).RunAsync()));
            return 0;
        }
        finally
        {
            Directory.Delete(probes, recursive: true);
        }
    }
}
