using Bff.HostTests;

namespace Bff.Faults.Scenarios;

/// <summary>Many calls of one session at the moment its token expires, with a provider that is fast or slow: one refresh, and every call succeeds.</summary>
internal static class ParallelScenario
{
    private const int Calls = 24;
    private static readonly int[] Delays = [0, 5, 50, 200];

    public static async Task RunAsync(Bench bench)
    {
        // The rounds are mostly waiting for expiry, so the four delays run beside each other, each in a world of its own.
        foreach (var kind in bench.Kinds) { await Task.WhenAll(Delays.Select(delay => RunAsync(bench, kind, delay))); }
    }

    private static async Task RunAsync(Bench bench, string kind, int delay)
    {
        var rounds = bench.Quick ? 5 : 40;
        var store = await bench.NewStoreAsync(kind);
        await using var provider = await PretendProvider.StartAsync(TimeProvider.System);
        await using var api = await PretendApi.StartAsync(provider, TimeProvider.System);
        provider.Lifetime = ExpiryRounds.Lifetime;
        await using var bff = await BffProcess.StartAsync(bench, store, provider.Issuer, api.Address);
        var caller = await Caller.LogInAsync(bff.Address, "alice");
        if (delay > 0) { provider.Faults.AnswerAfter(TimeSpan.FromMilliseconds(delay)); }

        var round = new ExpiryRounds(provider, [bff], provider.Grant);
        for (var number = 0; number < rounds; number++) { await round.RunAsync(() => Enumerable.Range(0, Calls).Select(_ => caller.GetAsync(bff.Address))); }

        round.Report(bench.Sheet($"{store.Name}, provider {delay} ms, {rounds} × {Calls} calls"));
    }
}
