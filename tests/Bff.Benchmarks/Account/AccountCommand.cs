using System.Globalization;
using Bff.Benchmarks.Measuring;
using Bff.Benchmarks.Roles;

namespace Bff.Benchmarks.Account;

/// <summary>
/// <c>bench.sh --account</c>: what of a call is whose, by leaving one thing out at a time. Each is a process of its own between two ends in memory; one thread
/// makes the calls, and what is counted is the processor's time, so that neighbours disturb it little.
/// </summary>
internal static class AccountCommand
{
    /// <summary>The compiler decides anew in each process what is worth optimizing; no two are alike.</summary>
    private const int Processes = 3;

    private const int Rounds = 6, CallsOfARound = 15_000, WarmUpCalls = 150_000;

    public static async Task<int> RunAsync(IReadOnlyCollection<string> wanted)
    {
        LeftOut[] leftOut = [.. LeftOut.All.Where(one => wanted.Count == 0 || wanted.Contains(one.Name))];
        string[] names = [AccountWorld.Bare, AccountWorld.Whole, .. leftOut.Select(one => one.Name)];
        var figures = names.ToDictionary(name => name, _ => new List<Figure>());
        for (var turn = 1; turn <= Processes; turn++)
        {
            foreach (var name in names) { figures[name].Add(await MeasureOnceAsync(name)); }
            await Console.Error.WriteLineAsync($"{turn} of {Processes} done");
        }

        Print(leftOut, figures.ToDictionary(pair => pair.Key, pair => Figure.Middle(pair.Value)));
        return 0;
    }

    private static async Task<Figure> MeasureOnceAsync(string name)
    {
        await using var world = await Role.StartAsync("account", name);
        await world.AskAsync($"{WarmUpCalls}");
        var rounds = new List<Figure>();
        for (var round = 0; round < Rounds; round++) { rounds.Add(Figure.Parse(await world.AskAsync($"{CallsOfARound}"))); }
        return Figure.Least(rounds);
    }

    /// <summary>In the process itself: a number of calls for each line that comes in; nanoseconds and bytes of one of them for each line that goes out.</summary>
    public static async Task<int> MeasureAsync(string what)
    {
        await using var world = await AccountWorld.StartAsync(what);
        Console.WriteLine("ready");
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var calls = int.Parse(line, CultureInfo.InvariantCulture);
            var (cpu, bytes) = (Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(precise: true));
            for (var call = 0; call < calls; call++) { await world.CallAsync(); }
            (cpu, bytes) = (Environment.CpuUsage.TotalTime - cpu, GC.GetTotalAllocatedBytes(precise: true) - bytes);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{cpu.TotalNanoseconds / calls:F0} {(double)bytes / calls:F0}"));
        }

        return 0;
    }

    private static void Print(LeftOut[] leftOut, Dictionary<string, Figure> figures)
    {
        var (bare, whole) = (figures[AccountWorld.Bare], figures[AccountWorld.Whole]);
        Console.WriteLine($"bare YARP {bare.Microseconds:F2} µs and {bare.Bytes:F0} bytes; Bff {whole.Microseconds:F2} µs and {whole.Bytes:F0} bytes");
        Console.WriteLine();
        Console.WriteLine("| Left out | µs | bytes |");
        Console.WriteLine("|---|--:|--:|");
        foreach (var one in leftOut) { Console.WriteLine(Row(one.Title, figures[one.Name])); }
        Console.WriteLine(Row("all that Bff adds", bare));

        string Row(string title, Figure without) => $"| {title} | {whole.Microseconds - without.Microseconds:F1} | {whole.Bytes - without.Bytes:F0} |";
    }

    private readonly record struct Figure(double Microseconds, double Bytes)
    {
        public static Figure Parse(string line)
        {
            double[] words = [.. line.Split(' ').Select(word => double.Parse(word, CultureInfo.InvariantCulture))];
            return new(words[0] / 1000, words[1]);
        }

        /// <summary>Neighbours make calls dearer, never cheaper.</summary>
        public static Figure Least(List<Figure> rounds) => new(rounds.Min(one => one.Microseconds), rounds.Min(one => one.Bytes));

        public static Figure Middle(List<Figure> processes) =>
            new(Median(processes.Select(one => one.Microseconds)), Median(processes.Select(one => one.Bytes)));

        private static double Median(IEnumerable<double> values) => Spread.Of(values.Cast<double?>())!.Median;
    }
}
