using System.Collections.Concurrent;
using Bff.HostTests;
using Bff.Sessions;

namespace Bff.Faults.Scenarios;

/// <summary>
/// Two providers behind one Bff (two nodes on PostgreSQL), one of which hangs and then is gone while tokens of both fall due again and again: users of the
/// other notice nothing, and nobody's session is lost.
/// </summary>
internal static class ProvidersScenario
{
    private const int Users = 10;
    private static readonly TimeSpan BetweenCalls = TimeSpan.FromMilliseconds(100);

    public static async Task RunAsync(Bench bench)
    {
        foreach (var kind in bench.Kinds) { await RunAsync(bench, kind); }
    }

    private static async Task RunAsync(Bench bench, string kind)
    {
        var (lifetime, half) = (TimeSpan.FromSeconds(12), TimeSpan.FromSeconds(bench.Quick ? 15 : 45));
        var store = await bench.NewStoreAsync(kind);
        await using var well = await PretendProvider.StartAsync(TimeProvider.System);
        await using var ill = await PretendProvider.StartAsync(TimeProvider.System);
        await using var api = await PretendApi.StartAsync(well, TimeProvider.System);
        api.Trust(ill);
        (well.Lifetime, ill.Lifetime) = (lifetime, lifetime);
        (string, string)[] settings =
        [
            ("Bff:Providers:ill:Authority", ill.Issuer), ("Bff:Providers:ill:ClientId", PretendProvider.ClientId),
            ("Bff:Providers:ill:ClientSecret", PretendProvider.ClientSecret), ("Bff:Providers:ill:RequireHttps", "false"),
            ("Bff:Spa:Provider", "default ill"),
        ];
        List<BffProcess> nodes = [await BffProcess.StartAsync(bench, store, well.Issuer, api.Address, settings)];
        if (kind == SessionsOptions.PostgreSql) { nodes.Add(await BffProcess.StartAsync(bench, store, well.Issuer, api.Address, settings)); }
        var (healthy, sick) = (new List<Caller>(), new List<Caller>());
        for (var user = 0; user < Users; user++)
        {
            healthy.Add(await Caller.LogInAsync(nodes[0].Address, $"user-{user}"));
            sick.Add(await Caller.LogInAsync(nodes[^1].Address, $"user-{user}", "ill"));
        }

        using var stop = new CancellationTokenSource();
        var (answers, others) = (new ConcurrentQueue<Caller.Answer>(), new ConcurrentQueue<Caller.Answer>());
        List<Task> pumps =
        [
            .. healthy.Select((caller, number) => caller.PumpAsync(nodes[number % nodes.Count].Address, answers, BetweenCalls, stop.Token)),
            .. sick.Select((caller, number) => caller.PumpAsync(nodes[number % nodes.Count].Address, others, BetweenCalls, stop.Token)),
        ];
        var (renewed, beganAt) = (well.Refreshes, TimeProvider.System.GetUtcNow());
        ill.Hang();
        await Pause.ForAsync(half);
        ill.GoDown();
        var signIns = await SignInAsync(nodes, beganAt + half + half);
        var (renewals, endedAt) = (well.Refreshes - renewed, TimeProvider.System.GetUtcNow());
        ill.ComeBack();
        var healedAt = await HealAsync(nodes, sick, endedAt + TimeSpan.FromMinutes(1));
        await stop.CancelAsync();
        await Task.WhenAll(pumps);

        var sheet = bench.Sheet($"{nodes.Count} node(s) on {store.Name}, 2 × {Users} users, tokens of {lifetime.TotalSeconds:F0} s, one provider away for "
            + $"{(half * 2).TotalSeconds:F0} s");
        sheet.Exactly(
            ("failed calls of the other's users", answers.Count(answer => !answer.Ok), 0), ("their sign-ins that failed", signIns.Failed, 0),
            ("used tokens replayed", well.Reuses + ill.Reuses, 0),
            ("sessions lost", await LostAsync(healthy, nodes[0]) + await LostAsync(sick, nodes[0]), 0));
        sheet.AtMost("slowest call of the other's users", answers.Max(answer => answer.Took.TotalSeconds), 2, "0.00 s");
        sheet.AtMost("users of the one that was away are served again after", (healedAt - endedAt).TotalSeconds, 40, "0.0 s");
        sheet.Inform("calls / sign-ins / renewals of the other's users meanwhile", $"{answers.Count:N0} / {signIns.Made:N0} / {renewals:N0}");
        sheet.Inform("calls of the one's users, of them answered 503", $"{others.Count:N0}, {others.Count(answer => answer.Status == 503):N0}");
        sheet.Exactly("calls of the one's users answered otherwise", others.Count(answer => !answer.Ok && answer.Status != 503), 0);
        foreach (var node in nodes) { await node.DisposeAsync(); }
    }

    private static async Task<(int Made, int Failed)> SignInAsync(List<BffProcess> nodes, DateTimeOffset until)
    {
        var (made, failed) = (0, 0);
        while (TimeProvider.System.GetUtcNow() < until)
        {
            try
            {
                await Caller.LogInAsync(nodes[made++ % nodes.Count].Address, $"visitor-{made}");
            }
            catch (Exception error) when (error is InvalidOperationException or HttpRequestException)
            {
                failed++;
            }

            await Pause.ForAsync(BetweenCalls);
        }

        return (made, failed);
    }

    private static async Task<DateTimeOffset> HealAsync(List<BffProcess> nodes, List<Caller> callers, DateTimeOffset until)
    {
        while (TimeProvider.System.GetUtcNow() < until)
        {
            var answers = await Task.WhenAll(callers.Select(caller => caller.GetAsync(nodes[0].Address)));
            if (answers.All(answer => answer.Ok)) { break; }
            await Pause.ForAsync(BetweenCalls);
        }

        return TimeProvider.System.GetUtcNow();
    }

    private static Task<int> LostAsync(IEnumerable<Caller> callers, BffProcess node) => OutageScenario.LostAsync(callers, node);
}
