using System.Diagnostics;
using Bff.Configuration;
using Bff.Sessions.Store;

namespace Bff.Faults.Scenarios;

/// <summary>
/// One look of the scheduler, a claim of what is due and the next due time, with few and with very many sessions stored, of which as many are due.
/// Both stores are measured turn by turn; each time other sessions are due, picked at random.
/// </summary>
internal static class IndexScenario
{
    private const int Few = 1_000, Due = 100, Counts = 21;
    private const double MostRatio = 1.3;
    private static readonly TimeSpan Far = TimeSpan.FromHours(1);

    private sealed record Measured(SessionStock Stock, List<SessionStock.Entry> Entries, List<double> Milliseconds);

    public static async Task RunAsync(Bench bench)
    {
        foreach (var kind in bench.Kinds) { await RunAsync(bench, kind); }
    }

    private static async Task RunAsync(Bench bench, string kind)
    {
        var many = bench.Options.Sessions ?? (bench.Quick ? 50_000 : 1_000_000);
        var repetitions = bench.Quick ? 60 : 200;
        var name = (await bench.NewStoreAsync(kind)).Name;
        await using var fewStock = new SessionStock(await bench.NewStoreAsync(kind));
        await using var manyStock = new SessionStock(await bench.NewStoreAsync(kind));
        var few = await FillAsync(bench, fewStock, Few);
        var lots = await FillAsync(bench, manyStock, many);
        for (var repetition = -5; repetition < repetitions; repetition++)
        {
            foreach (var measured in new[] { few, lots })
            {
                var took = await TickAsync(measured);
                if (repetition >= 0) { measured.Milliseconds.Add(took); }
            }
        }

        var (a, b) = (Median(few.Milliseconds), Median(lots.Milliseconds));
        var sheet = bench.Sheet($"{name}, {Due} due, medians of {repetitions}");
        sheet.Inform($"a tick with {Few:N0} / {many:N0} sessions stored", $"{a:F2} / {b:F2} ms");
        sheet.AtMost("ratio", b / a, MostRatio, "0.00");
        if (!bench.Quick) { sheet.Inform($"counting {many:N0}: the due / the living and renewable / the coming / the late", await CountAsync(manyStock)); }
    }

    /// <summary>What <see cref="SessionCounts"/> asks: the first two each ten seconds, the others while somebody looks at the ops page.</summary>
    private static async Task<string> CountAsync(SessionStock stock)
    {
        var none = CancellationToken.None;
        var took = new List<string>();
        foreach (var count in new Func<DateTimeOffset, Task>[]
        {
            now => stock.Queue.CountDueAsync(now, none),
            now => stock.Directory.CountAsync(now, none),
            now => stock.Directory.CountUpcomingAsync(now, SessionCounts.Interval, 30, none),
            now => stock.Directory.CountTroubleAsync(now, now - SessionCounts.LateAfter, none),
        })
        {
            var milliseconds = new List<double>();
            for (var repetition = 0; repetition < Counts; repetition++)
            {
                var started = Stopwatch.GetTimestamp();
                await count(TimeProvider.System.GetUtcNow());
                milliseconds.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }

            took.Add($"{Median(milliseconds):F1}");
        }

        return string.Join(" / ", took) + " ms";
    }

    private static async Task<Measured> FillAsync(Bench bench, SessionStock stock, int count)
    {
        bench.Say($"writing {count:N0} sessions");
        var later = TimeProvider.System.GetUtcNow() + Far;
        var plan = SessionStock.Plan(count, number => (later + TimeSpan.FromMilliseconds(number), later + Far));
        await stock.FillAsync(plan, entry => new(new string('a', 800), new string('r', 100), null, null, later - Far, entry.ExpiresAt));
        return new Measured(stock, plan, []);
    }

    private static async Task<double> TickAsync(Measured measured)
    {
        var now = TimeProvider.System.GetUtcNow();
        var due = Random.Shared.GetItems(measured.Entries.ToArray(), Due * 2).Distinct().Take(Due).ToList();
        var ids = string.Join(", ", due.Select(entry => $"'{entry.Id.Value}'"));
        await measured.Stock.ExecuteAsync($"UPDATE sessions SET due_at = {now.ToUnixTimeMilliseconds() - 1000} WHERE id IN ({ids})");

        var started = Stopwatch.GetTimestamp();
        var claimed = await measured.Stock.Queue.ClaimDueAsync(
            SettingsSection.Default, now, "bench", now + TimeSpan.FromSeconds(15), Due, CancellationToken.None);
        _ = await measured.Stock.Queue.NextDueAsync(SettingsSection.Default, now, CancellationToken.None);
        var took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;

        if (claimed.Count != Due) { throw new InvalidOperationException($"{claimed.Count} sessions were claimed instead of {Due}."); }
        await measured.Stock.ExecuteAsync(
            $"UPDATE sessions SET due_at = {(now + Far).ToUnixTimeMilliseconds()}, lease_until = 0, lease_owner = NULL WHERE id IN ({ids})");
        return took;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
