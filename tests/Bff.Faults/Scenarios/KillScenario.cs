using System.Collections.Concurrent;

namespace Bff.Faults.Scenarios;

/// <summary>
/// <c>kill -9</c> while many sessions renew: what the dead process had in hand is taken over, and a provider that grants some leeway for lost answers costs
/// nobody the session.
/// </summary>
internal static class KillScenario
{
    private const int Sessions = 40;
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan TokenTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RecoveryDeadline = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(Bench bench)
    {
        foreach (var kind in bench.Kinds) { await RunAsync(bench, kind); }
    }

    private static async Task RunAsync(Bench bench, string kind)
    {
        var rounds = bench.Quick ? 4 : 20;
        var store = await bench.NewStoreAsync(kind);
        await using var provider = await MassProvider.StartAsync(Sessions);
        (provider.Lifetime, provider.Delay, provider.Leeway) = (Lifetime, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30));
        await using var stock = new SessionStock(store);
        var now = TimeProvider.System.GetUtcNow();
        var plan = SessionStock.Plan(Sessions, number => (now + (number * Lifetime / Sessions), now + Lifetime));
        await stock.FillAsync(
            plan, entry => new(provider.AccessToken(entry.Number, entry.ExpiresAt), provider.RefreshToken(entry.Number), null, null, now, entry.ExpiresAt));
        var callers = plan.ConvertAll(entry => Caller.WithKey(entry.Key));

        await using var bff = await BffProcess.StartAsync(
            bench, store, provider.Issuer, provider.Issuer, ("Bff:Renewal:TokenTimeout", TokenTimeout.ToString()));
        var (slowest, cutOff) = (TimeSpan.Zero, 0);
        for (var round = 0; round < rounds; round++)
        {
            await Pause.ForAsync(1000 + (Random.Shared.NextDouble() * 2000));
            await bff.KillAsync();
            cutOff += (int)await stock.AskAsync(
                $"SELECT COUNT(*) FROM sessions WHERE lease_until > {TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}");
            var killed = TimeProvider.System.GetUtcNow();
            await bff.StartAsync();

            // The next blow falls when everybody has a usable token again.
            while (!(await Task.WhenAll(callers.Select(caller => caller.GetAsync(bff.Address)))).All(answer => answer.Ok)
                && TimeProvider.System.GetUtcNow() - killed < RecoveryDeadline)
            {
                await Pause.ForAsync(100);
            }
            var took = TimeProvider.System.GetUtcNow() - killed;
            slowest = took > slowest ? took : slowest;
        }

        var sheet = bench.Sheet($"{store.Name}, {rounds} kills, {Sessions} sessions, each renews every 2.5 to 3 s");
        sheet.Inform("renewals / under way when killed / of those, answers lost after rotation", $"{provider.Renewals:N0} / {cutOff} / {provider.Leeways}");
        sheet.Exactly(
            ("sessions lost", Sessions - await stock.AskAsync("SELECT COUNT(*) FROM sessions"), 0),
            ("used tokens replayed outside the leeway", provider.Reuses, 0),
            ("without a usable token at the end", (await Task.WhenAll(callers.Select(caller => caller.GetAsync(bff.Address)))).Count(answer => !answer.Ok), 0));
        sheet.AtMost(
            $"longest until every call succeeds again (start, and a lease of {TokenTimeout.TotalSeconds:F0} + 5 s)",
            slowest.TotalSeconds,
            TokenTimeout.TotalSeconds + 5 + 5,
            "0.0 s");
    }
}
