using System.Diagnostics;
using System.Globalization;
using System.Net;
using Bff.HostTests;

namespace Bff.ClusterTests.Running;

/// <summary>A renewal whose node is gone.</summary>
[Collection(nameof(OneClusterOnly))]
public sealed class TakeOverTests(ITestOutputHelper output)
{
    private const int Users = 8;
    private const string Expires = "X-Token-Expires";

    private static readonly TimeSpan TokenLife = TimeSpan.FromSeconds(4);

    /// <summary>On a machine that has nothing else to do, and on one that has; a lease alone lasts 15 s.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(4), Busy = TimeSpan.FromSeconds(9);

    [Theory]
    [MemberData(nameof(ClusterStore.PostgreSqlAtLeast), MemberType = typeof(ClusterStore))]
    public async Task After_kill_9_in_the_middle_of_a_renewal_another_node_has_a_fresh_token_within_seconds(string kind)
    {
        await using var cluster = await Cluster.StartAsync(kind, nodes: 3);
        var (provider, api) = (cluster.World.Provider, cluster.World.Api);
        api.Forgets = true;
        api.Answers = context => context.Response.Headers[Expires] =
            $"{provider.FindAccessToken(context.Request.Headers.Authorization.ToString().Split(' ')[^1])?.ExpiresAt.ToUnixTimeMilliseconds()}";
        provider.Lifetime = TokenLife;
        var sessions = await cluster.LogInAsync(Users);
        var (times, lost) = (new List<TimeSpan>(), 0);
        var rounds = ByHand.Rounds ?? 2;
        for (var round = 0; round < rounds; round++)
        {
            await cluster.IsCompleteAsync();
            var victim = cluster.Nodes[round % cluster.Nodes.Count];

            // Held before the provider looks at it: the answer to a call that it has carried out would be lost with the node (docs/decisions/0008).
            provider.Hang();
            var browsers = sessions.Select(victim.Open).ToList();
            var renewing = browsers.Select(browser => browser.PostAsync("/bff/renew")).ToList();
            await Eventually.HappensAsync(() => provider.Faults.Holding == Users, "every session is being renewed, by this node or another");
            victim.Kill();
            var killed = Stopwatch.GetTimestamp();
            var killedAt = TimeProvider.System.GetUtcNow();
            await ((Task)Task.WhenAll(renewing)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            await Eventually.HappensAsync(() => provider.Faults.Holding < Users, "the provider sees that its caller is gone");
            lost += Users - provider.Faults.Holding;
            provider.ComeBack();
            provider.Faults.Release();

            var round_ = await Task.WhenAll(sessions.Select(async session =>
            {
                using var browser = new Browser(() => cluster.Balancer.Address, provider.Address, TimeProvider.System);
                browser.Cookies.Set(Browser.SessionCookie, session);
                await Eventually.HappensAsync(async () => IsFresh(await browser.GetAsync("/api/echo"), killedAt), "a call with a fresh token");
                return Stopwatch.GetElapsedTime(killed);
            }));
            times.AddRange(round_);
            if (round_.Max() > Quiet)
            {
                output.WriteLine($"Round {round}, killed at {killedAt:HH:mm:ss.fff}: {string.Join(", ", round_.Select(time => $"{time.TotalSeconds:F2}"))}");
                foreach (var node in cluster.Nodes.Where(node => node != victim)) { output.WriteLine(node.Output); }
            }

            browsers.ForEach(browser => browser.Dispose());
            if (round + 1 < rounds) { await victim.StartAsync(); }
        }

        times.Sort();
        output.WriteLine(
            $"{kind}: {lost} renewals lost their node; every session had a fresh token after: median {times[times.Count / 2].TotalSeconds:F2} s, "
            + $"longest {times[^1].TotalSeconds:F2} s");
        provider.Reuses.ShouldBe(0);
        api.Refused.ShouldBe(0);
        lost.ShouldBePositive();
        times[^1].ShouldBeLessThan(ByHand.Rounds is null ? Busy : Quiet);
    }

    /// <summary>Its token was issued since.</summary>
    private static bool IsFresh(Answer answer, DateTimeOffset since)
    {
        (answer.Status is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable).ShouldBeTrue($"{answer.Status}: {answer.Body}");
        return answer.Header(Expires) is { Length: > 0 } expires
            && long.Parse(expires, CultureInfo.InvariantCulture) >= (since + TokenLife).ToUnixTimeMilliseconds();
    }
}
