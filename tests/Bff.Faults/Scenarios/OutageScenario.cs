using System.Collections.Concurrent;
using Bff.HostTests;

namespace Bff.Faults.Scenarios;

/// <summary>The provider answers 503 from sign-in until shortly before the tokens expire: renewals fail, and nobody who calls notices.</summary>
internal static class OutageScenario
{
    private const int Users = 10;
    private static readonly TimeSpan BetweenCalls = TimeSpan.FromMilliseconds(50);

    public static async Task RunAsync(Bench bench)
    {
        // Renewal falls due from 5/8 to 6/8 of the lifetime on, in the middle of the outage. When the provider comes back, pauses between tries have grown
        // long.
        var lifetime = TimeSpan.FromSeconds(bench.Quick ? 32 : 90);

        // A waiting user may cause a try every five seconds, and the last second of a token does not count: what comes back sooner than that is not promised.
        var spare = TimeSpan.FromSeconds(bench.Quick ? 7 : 10);
        var store = await bench.NewStoreAsync(bench.Kinds.First());
        await using var provider = await PretendProvider.StartAsync(TimeProvider.System);
        await using var api = await PretendApi.StartAsync(provider, TimeProvider.System);
        provider.Lifetime = lifetime;
        await using var bff = await BffProcess.StartAsync(bench, store, provider.Issuer, api.Address, ("Bff:Renewal:Lead", "00:00:30"));
        var callers = new List<Caller>();
        for (var user = 0; user < Users; user++) { callers.Add(await Caller.LogInAsync(bff.Address, $"user-{user}")); }

        var expiry = provider.Grants.Min(grant => grant.AccessToken!.ExpiresAt);
        var answers = new ConcurrentQueue<Caller.Answer>();
        using var stop = new CancellationTokenSource();
        provider.GoDown();
        var pumps = callers.ConvertAll(caller => caller.PumpAsync(bff.Address, answers, BetweenCalls, stop.Token));
        await Pause.UntilAsync(expiry - spare);
        var asked = provider.Refreshes;
        provider.ComeBack();
        await Pause.UntilAsync(expiry + TimeSpan.FromSeconds(5));
        await stop.CancelAsync();
        await Task.WhenAll(pumps);

        var failed = answers.Where(answer => !answer.Ok).ToList();
        var sheet = bench.Sheet($"{Users} users, tokens of {lifetime.TotalSeconds:F0} s, 503 until {spare.TotalSeconds:F0} s before expiry");
        sheet.Inform("calls made / renewals tried in vain", $"{answers.Count:N0} / {asked}");
        if (failed.Count > 0)
        {
            sheet.Inform(
                "failed calls were sent, from expiry on",
                $"{failed.Min(answer => (answer.SentAt - expiry).TotalSeconds):F1} to {failed.Max(answer => (answer.SentAt - expiry).TotalSeconds):F1} s");
        }
        sheet.Exactly(
            ("failed calls", failed.Count, 0), ("sessions lost", await LostAsync(callers, bff), 0), ("used tokens replayed", provider.Reuses, 0));
    }

    /// <summary>Callers who are no longer signed in.</summary>
    public static async Task<int> LostAsync(IEnumerable<Caller> callers, BffProcess bff) =>
        (await Task.WhenAll(callers.Select(caller => caller.GetAsync(bff.Address)))).Count(answer => answer.Status == 401);
}
