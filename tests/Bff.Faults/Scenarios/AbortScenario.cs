using Bff.HostTests;

namespace Bff.Faults.Scenarios;

/// <summary>The browser goes away in the middle of a refresh: the tokens are stored all the same, and the next call has them.</summary>
internal static class AbortScenario
{
    private static readonly TimeSpan ProviderDelay = TimeSpan.FromMilliseconds(400);
    /// <summary>Bff takes a second wish within a tenth of it for a repetition of the first.</summary>
    private static readonly TimeSpan LifetimeByHand = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan ToStore = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AbortAfter = TimeSpan.FromMilliseconds(100);

    public static async Task RunAsync(Bench bench)
    {
        foreach (var kind in bench.Kinds)
        {
            // A renewal by hand is always the caller's own; at expiry the scheduler may have taken it already.
            await RunAsync(bench, kind, byHand: true);
            await RunAsync(bench, kind, byHand: false);
        }
    }

    private static async Task RunAsync(Bench bench, string kind, bool byHand)
    {
        var rounds = bench.Quick ? 5 : 20;
        var store = await bench.NewStoreAsync(kind);
        await using var provider = await PretendProvider.StartAsync(TimeProvider.System);
        await using var api = await PretendApi.StartAsync(provider, TimeProvider.System);
        provider.Lifetime = byHand ? LifetimeByHand : ExpiryRounds.Lifetime;
        await using var bff = await BffProcess.StartAsync(bench, store, provider.Issuer, api.Address);
        var caller = await Caller.LogInAsync(bff.Address, "alice");
        provider.Faults.AnswerAfter(ProviderDelay);

        var (aborted, notOk, oldToken) = (0, 0, 0);
        var round = new ExpiryRounds(provider, [bff], provider.Grant);
        for (var number = 0; number < rounds; number++)
        {
            if (byHand) { await Pause.ForAsync(LifetimeByHand / 10); }
            using var goesAway = new CancellationTokenSource();
            var arrives = provider.NextRefreshAsync();
            var calling = byHand ? caller.RenewAsync(bff.Address, goesAway.Token) : round.StartAsync(() => caller.GetAsync(bff.Address, goesAway.Token));
            await arrives;
            await Pause.ForAsync(AbortAfter);
            await goesAway.CancelAsync();
            var answer = await calling;
            if (answer.Status == 0) { aborted++; }
            else { bench.Say($"round {number}: the call was answered {answer.Status} {answer.Said} after {answer.Took.TotalMilliseconds:F0} ms"); }

            await Eventually.HappensAsync(() => provider.Grant.UnderWay == 0);
            await Pause.ForAsync(ToStore);
            if (!(await caller.GetAsync(bff.Address)).Ok) { notOk++; }
            if (api.LastCall.Token != provider.Grant.AccessToken!.Value) { oldToken++; }
        }

        bench.Sheet($"{store.Name}, {(byHand ? "renewal by hand" : "call at expiry")}, {rounds} rounds").Exactly(
            ($"aborted {AbortAfter.TotalMilliseconds:F0} ms into a refresh of {ProviderDelay.TotalMilliseconds:F0} ms", aborted, rounds),
            ("refreshes", provider.Refreshes, rounds),
            ("next call not answered 200", notOk, 0), ("next call without the new token", oldToken, 0), ("sessions lost", provider.Grant.Over ? 1 : 0, 0));
    }
}
