using System.Globalization;
using System.Text.RegularExpressions;

namespace Bff.Faults.Scenarios;

/// <summary>
/// Very many sessions fall due within one minute, each a minute before its token expires (the default lead), at a provider that answers in 20 ms.
/// When each was stored is read from the product's own log afterwards.
/// </summary>
internal static partial class BurstScenario
{
    private const int MaxConcurrency = 128, MaxPerSecond = 5000;
    private static readonly TimeSpan Spread = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Lead = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(Bench bench)
    {
        foreach (var kind in bench.Kinds) { await RunAsync(bench, kind); }
    }

    private static async Task RunAsync(Bench bench, string kind)
    {
        var count = bench.Options.Sessions ?? (bench.Quick ? 2_000 : 100_000);
        var spread = bench.Quick ? Spread / 6 : Spread;
        (string, string)[] settings =
            [("Bff:Renewal:MaxConcurrency", $"{MaxConcurrency}"), ("Bff:Renewal:MaxPerSecond", $"{MaxPerSecond}"), ("Bff:Renewal:Lead", Lead.ToString())];
        await using var provider = await MassProvider.StartAsync(count);
        var emptyBytes = await IdleBytesAsync(bench, await bench.NewStoreAsync(kind), provider, settings);

        var store = await bench.NewStoreAsync(kind);
        await using var stock = new SessionStock(store);
        bench.Say($"writing {count:N0} sessions");
        var start = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(15 + (count / 5_000));
        var plan = SessionStock.Plan(count, number => (start + (spread * number / count), start + (spread * number / count) + Lead));
        await stock.FillAsync(
            plan, entry => new(provider.AccessToken(entry.Number, entry.ExpiresAt), provider.RefreshToken(entry.Number), null, null, start, entry.ExpiresAt));
        var databaseBytes = await stock.BytesAsync();

        await using var bff = await BffProcess.StartAsync(bench, store, provider.Issuer, provider.Issuer, settings);
        await Pause.ForAsync(Settle);
        var (idleBytes, cpu, ownCpu) = (bff.ResidentBytes, bff.Cpu, Environment.CpuUsage.TotalTime);
        if (TimeProvider.System.GetUtcNow() > start) { bench.Say("the sessions were due before all were written; start later"); }
        await Pause.UntilAsync(start);
        for (var end = start + spread + (2 * Lead); provider.Renewals < count && TimeProvider.System.GetUtcNow() < end; await Pause.ForAsync(1000))
        {
            bench.Say($"{provider.Renewals:N0} renewed");
        }
        await Pause.ForAsync(1000);
        var (renewCpu, benchCpu, peakBytes) = (bff.Cpu - cpu, Environment.CpuUsage.TotalTime - ownCpu, bff.PeakResidentBytes);

        var stored = StoredAt(bff.Log);
        var lags = plan.Where(entry => stored.ContainsKey($"{entry.Id}")).Select(entry => (stored[$"{entry.Id}"] - entry.DueAt).TotalSeconds).Order().ToList();
        var took = (stored.Values.Max() - start).TotalSeconds;
        var sheet = bench.Sheet(
            $"{store.Name}, {count:N0} sessions due within {spread.TotalSeconds:F0} s, MaxConcurrency {MaxConcurrency}, MaxPerSecond {MaxPerSecond}");
        sheet.Exactly(
            ("renewed", stored.Count, count),
            ("stored after expiry", plan.Count(entry => !stored.TryGetValue($"{entry.Id}", out var at) || at > entry.ExpiresAt), 0),
            ("used tokens replayed", provider.Reuses, 0), ("sessions lost", count - await stock.AskAsync("SELECT COUNT(*) FROM sessions"), 0));
        sheet.Inform("lag behind the due time: median / 99 % / most", $"{At(lags, 0.5):F2} / {At(lags, 0.99):F2} / {lags[^1]:F2} s");
        sheet.Inform("all stored after / renewals per second", $"{took:F1} s / {count / took:N0}");
        sheet.Inform("most calls at once / in a second", $"{provider.MostAtOnce} / {provider.MostInASecond():N0}");
        sheet.Inform(
            "CPU per renewal: Bff / provider and bench on the same cores",
            $"{renewCpu.TotalMilliseconds / count:F3} / {benchCpu.TotalMilliseconds / count:F3} ms");
        sheet.Inform("resident memory: no sessions / before the burst / most", $"{emptyBytes / 1e6:N0} / {idleBytes / 1e6:N0} / {peakBytes / 1e6:N0} MB");
        sheet.Inform(
            "per stored session: memory while idle / database", $"{(double)(idleBytes - emptyBytes) / count:N0} / {(double)databaseBytes / count:N0} bytes");
    }

    private static async Task<long> IdleBytesAsync(Bench bench, Store store, MassProvider provider, (string, string)[] settings)
    {
        await using var bff = await BffProcess.StartAsync(bench, store, provider.Issuer, provider.Issuer, settings);
        await Pause.ForAsync(Settle);
        return bff.ResidentBytes;
    }

    /// <summary>When each session's new tokens were in the store, by the handle the log shows.</summary>
    private static Dictionary<string, DateTimeOffset> StoredAt(string log) =>
        File.ReadLines(log).Select(line => Renewed().Match(line)).Where(match => match.Success).GroupBy(match => match.Groups["session"].Value)
            .ToDictionary(matches => matches.Key, matches => DateTimeOffset.Parse(matches.First().Groups["time"].Value, CultureInfo.InvariantCulture));

    private static double At(List<double> ordered, double part) => ordered[(int)((ordered.Count - 1) * part)];

    [GeneratedRegex(@"^(?<time>\S+Z) .*Session (?<session>\S+) renewed in ")]
    private static partial Regex Renewed();
}
