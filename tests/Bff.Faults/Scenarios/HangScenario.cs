using System.Collections.Concurrent;
using Bff.HostTests;

namespace Bff.Faults.Scenarios;

/// <summary>
/// The token endpoint takes calls and never answers: while the token is valid nobody waits long, afterwards a plain 503 says so, and nobody is signed out.
/// </summary>
internal static class HangScenario
{
    private const int Users = 5;

    /// <summary>The promise is 2 s; a client on the same busy cores measures a little more.</summary>
    private const double LongestWait = 2.0, Tolerance = 0.25;

    private static readonly TimeSpan LastSecond = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenCalls = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan RecoveryDeadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan TokenTimeout = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(Bench bench)
    {
        var lifetime = bench.Quick ? Lifetime / 2 : Lifetime;
        var store = await bench.NewStoreAsync(bench.Kinds.First());
        await using var provider = await PretendProvider.StartAsync(TimeProvider.System);
        await using var api = await PretendApi.StartAsync(provider, TimeProvider.System);
        provider.Lifetime = lifetime;
        await using var bff = await BffProcess.StartAsync(bench, store, provider.Issuer, api.Address, ("Bff:Renewal:TokenTimeout", TokenTimeout.ToString()));
        var callers = new List<Caller>();
        for (var user = 0; user < Users; user++) { callers.Add(await Caller.LogInAsync(bff.Address, $"user-{user}")); }

        var (firstExpiry, lastExpiry) =
            (provider.Grants.Min(grant => grant.AccessToken!.ExpiresAt), provider.Grants.Max(grant => grant.AccessToken!.ExpiresAt));
        var answers = new ConcurrentQueue<Caller.Answer>();
        using var stop = new CancellationTokenSource();
        provider.Hang();
        var pumps = callers.ConvertAll(caller => caller.PumpAsync(bff.Address, answers, BetweenCalls, stop.Token));
        await Pause.UntilAsync(lastExpiry + (2 * TokenTimeout));
        provider.ComeBack();
        provider.Faults.Release();
        var back = TimeProvider.System.GetUtcNow();
        while (TimeProvider.System.GetUtcNow() < back + RecoveryDeadline && !(await AllAsync(callers, bff)).All(answer => answer.Ok))
        {
            await Pause.ForAsync(100);
        }
        await stop.CancelAsync();
        await Task.WhenAll(pumps);

        var valid = answers.Where(answer => answer.SentAt < firstExpiry).ToList();
        var expired = answers.Where(answer => answer.SentAt > lastExpiry && answer.EndedAt < back).ToList();
        var lastFailure = answers.Where(answer => !answer.Ok && answer.EndedAt > back).Select(answer => answer.EndedAt).DefaultIfEmpty(back).Max();

        var sheet = bench.Sheet($"{Users} users, tokens of {lifetime.TotalSeconds:F0} s, token timeout {TokenTimeout.TotalSeconds:F0} s");

        // A token's last second counts as expired: "exp" has whole seconds, and an API may refuse it from the start of that second on.
        // Bff counts a token's life from when it asked for it, the provider from when it answered.
        sheet.Exactly(
            "failed calls while the token was valid, its last second apart",
            valid.Count(answer => !answer.Ok && answer.EndedAt < firstExpiry - LastSecond - TimeSpan.FromSeconds(Tolerance)),
            0);
        sheet.Inform("calls sent before expiry that waited for a newer token until theirs had expired, and failed", $"{valid.Count(answer => !answer.Ok)}");
        sheet.AtMost(
            $"longest call sent while the token was valid ({Tolerance} s of the limit are for measuring)",
            valid.Max(answer => answer.Took.TotalSeconds),
            LongestWait + Tolerance,
            "0.00 s");
        sheet.Exactly("calls after expiry not answered 503 with Retry-After", expired.Count(answer => answer.Status != 503 || answer.RetryAfter is null), 0);
        sheet.AtMost("longest call after expiry", expired.Max(answer => answer.Took.TotalSeconds), TokenTimeout.TotalSeconds + Tolerance, "0.00 s");
        sheet.Inform("last failed call after the provider's return", $"{(lastFailure - back).TotalSeconds:F1} s");
        sheet.Exactly(
            ("calls at the end not answered 200", (await AllAsync(callers, bff)).Count(answer => !answer.Ok), 0),
            ("sessions lost", await OutageScenario.LostAsync(callers, bff), 0), ("used tokens replayed", provider.Reuses, 0));
    }

    private static Task<Caller.Answer[]> AllAsync(IEnumerable<Caller> callers, BffProcess bff) =>
        Task.WhenAll(callers.Select(caller => caller.GetAsync(bff.Address)));
}
