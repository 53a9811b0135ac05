using System.Text.RegularExpressions;

namespace Bff.Faults.Scenarios;

/// <summary>
/// Very many sessions fall due, and expire, while the provider is down. When it is back it must not be run over: never more calls at once nor in
/// any second than configured; and in the end every session is renewed, or was ended for a reason that the log states.
/// </summary>
internal static partial class RecoveryScenario
{
    private const int MaxConcurrency = 32;

    public static async Task RunAsync(Bench bench)
    {
        foreach (var kind in bench.Kinds) { await RunAsync(bench, kind); }
    }

    private static async Task RunAsync(Bench bench, string kind)
    {
        var count = bench.Options.Sessions ?? (bench.Quick ? 1_000 : 50_000);
        var outage = bench.Options.Outage ?? (bench.Quick ? TimeSpan.FromSeconds(10) : TimeSpan.FromMinutes(10));
        var perSecond = bench.Quick ? 100 : 500;
        var store = await bench.NewStoreAsync(kind);
        await using var provider = await MassProvider.StartAsync(count);
        await using var stock = new SessionStock(store);
        bench.Say($"writing {count:N0} sessions");
        var start = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(5 + (count / 5_000));
        var plan = SessionStock.Plan(count, number => (start + (outage * number / count), start + (outage * number / count) + (outage / 4)));
        await stock.FillAsync(
            plan, entry => new(provider.AccessToken(entry.Number, entry.ExpiresAt), provider.RefreshToken(entry.Number), null, null, start, entry.ExpiresAt));

        // Bff knows the provider's metadata before it goes down; one session is renewed to see to that.
        await using var bff = await BffProcess.StartAsync(
            bench, store, provider.Issuer, provider.Issuer, ("Bff:Renewal:MaxConcurrency", $"{MaxConcurrency}"), ("Bff:Renewal:MaxPerSecond", $"{perSecond}"));
        await Caller.WithKey(plan[^1].Key).RenewAsync(bff.Address);
        provider.GoDown();
        await Pause.UntilAsync(start + outage);
        var (asked, back) = (provider.Arrivals.Count, TimeProvider.System.GetUtcNow());
        provider.ComeBack();

        var caller = Caller.WithKey(plan[0].Key);
        var firstOk = WaitForOkAsync(caller, bff, back);
        var deadline = back + TimeSpan.FromMinutes(2) + (2 * TimeSpan.FromSeconds((double)count / perSecond));
        while (provider.Renewals < count && TimeProvider.System.GetUtcNow() < deadline)
        {
            await Pause.ForAsync(1000);
            bench.Say($"{provider.Renewals:N0} renewed");
        }

        var took = (TimeProvider.System.GetUtcNow() - back).TotalSeconds;
        await Pause.ForAsync(1000);
        var renewed = await stock.AskAsync("SELECT COUNT(*) FROM sessions WHERE version > 1");
        var ended = File.ReadLines(bff.Log).Count(line => Rejected().IsMatch(line));
        var sheet = bench.Sheet($"{store.Name}, {count:N0} sessions due in an outage of {outage:hh\\:mm\\:ss}");
        sheet.Inform("calls the provider saw while it was down", $"{asked:N0}");
        sheet.Exactly(
            ("renewed or ended with a reason in the log", renewed + ended, count), ("of those ended", ended, 0), ("used tokens replayed", provider.Reuses, 0));
        sheet.AtMost("most calls at once (MaxConcurrency)", provider.MostAtOnce, MaxConcurrency, "0");
        sheet.AtMost("most calls in any second (MaxPerSecond)", provider.MostInASecond(), perSecond, "0");
        sheet.Inform("after the return: first good call of one that calls all the time / all renewed", $"{(await firstOk).TotalSeconds:F1} / {took:F0} s");
    }

    private static async Task<TimeSpan> WaitForOkAsync(Caller caller, BffProcess bff, DateTimeOffset back)
    {
        while (!(await caller.GetAsync(bff.Address)).Ok) { await Pause.ForAsync(100); }
        return TimeProvider.System.GetUtcNow() - back;
    }

    [GeneratedRegex("Session .* ended: ")]
    private static partial Regex Rejected();
}
