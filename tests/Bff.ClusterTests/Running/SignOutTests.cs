using System.Net;
using System.Text.Json;
using Bff.HostTests;

namespace Bff.ClusterTests.Running;

/// <summary>A session ends at one node, and the others know.</summary>
[Collection(nameof(OneClusterOnly))]
public sealed class SignOutTests(ITestOutputHelper output)
{
    /// <summary>The shortest there is.</summary>
    private static readonly TimeSpan SessionLife = TimeSpan.FromMinutes(1);

    /// <summary>Without a message a node would only know after <c>CacheLifetime</c> (5 s), and end what is open after up to 15 s.</summary>
    private static readonly TimeSpan CallsRefused = TimeSpan.FromSeconds(0.25), StreamsGone = TimeSpan.FromSeconds(1), BusyMachine = TimeSpan.FromSeconds(2.5);

    [Theory]
    [MemberData(nameof(ClusterStore.RedisAtLeast), MemberType = typeof(ClusterStore))]
    public async Task A_session_that_ends_at_one_node_ends_at_all(string kind)
    {
        await using var cluster = await Cluster.StartAsync(
            kind, nodes: 3, ("Bff:Sessions:IdleTimeout", $"{SessionLife}"), ("Bff:Sessions:AbsoluteTimeout", $"{SessionLife}"));
        var rounds = ByHand.Rounds ?? 5;

        // By itself it ends after a minute at the soonest, so that is for who has the time.
        var expiring = Task.WhenAll(Enumerable.Range(0, ByHand.IsWanted ? rounds : 0).Select(_ => ExpireAsync(cluster)));
        foreach (var (name, signOutAsync) in SignOuts(cluster))
        {
            var ends = new List<End>();
            for (var round = 0; round < rounds; round++)
            {
                var (user, session) = await LogInAsync(cluster);
                await using var there = await OpenAsync(cluster, session);
                await signOutAsync(user, session);
                ends.Add(await there.EndsAsync(TimeProvider.System.GetUtcNow()));
            }

            Judge($"{kind}, sign-out by {name}", ends);
        }

        if (await expiring is { Length: > 0 } expired) { Judge($"{kind}, expiry", [.. expired]); }
    }

    private async Task<End> ExpireAsync(Cluster cluster)
    {
        var (_, session) = await LogInAsync(cluster);
        await using var there = await OpenAsync(cluster, session);
        return await there.EndsAsync(await there.ExpiryAsync());
    }

    private int _users;

    private async Task<(string User, string Session)> LogInAsync(Cluster cluster)
    {
        var user = $"user-{Interlocked.Increment(ref _users)}";
        return (user, await cluster.LogInAsync(user));
    }

    private static IEnumerable<(string Name, Func<string, string, Task> SignOutAsync)> SignOuts(Cluster cluster)
    {
        var node = cluster.Nodes[0];
        yield return ("the user", async (_, session) =>
        {
            using var browser = node.Open(session);
            (await browser.PostAsync("/bff/logout")).Status.ShouldBe(HttpStatusCode.OK);
        });
        yield return ("an operator", async (user, _) =>
        {
            using var answer = await node.OperateAsync(HttpMethod.Delete, "/sessions?user=" + user);
            JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("ended").GetInt32().ShouldBe(1);
        });
        yield return ("the provider", async (user, session) =>
        {
            using var provider = node.Open(session);
            var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node.Address, "/bff/backchannel"))
            {
                Content = new FormUrlEncodedContent([new("logout_token", cluster.World.Provider.LogoutToken(user))]),
            };
            (await provider.SendAsync(request)).Status.ShouldBe(HttpStatusCode.OK);
        });
    }

    private void Judge(string what, List<End> ends)
    {
        var (calls, streams) = (ends.Select(end => end.CallRefused).Order().ToList(), ends.Select(end => end.AllGone).Order().ToList());
        var (median, longest) = (calls[calls.Count / 2], streams[^1]);
        output.WriteLine(
            $"{what}: calls at another node refused after {median.TotalMilliseconds:F0} ms at the median, {calls[^1].TotalMilliseconds:F0} ms at most; "
            + $"all that was open at a third gone after {streams[streams.Count / 2].TotalMilliseconds:F0} ms, {longest.TotalMilliseconds:F0} ms at most");
        median.ShouldBeLessThan(ByHand.Rounds is null ? BusyMachine : CallsRefused, what);
        longest.ShouldBeLessThan(ByHand.Rounds is null ? BusyMachine : StreamsGone, what);
    }

    private static async Task<OpenSession> OpenAsync(Cluster cluster, string session)
    {
        var (second, third) = (cluster.Nodes[1].Open(session), cluster.Nodes[2].Open(session));
        (await second.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
        return new OpenSession(
            second,
            third,
            await EventReader.OpenAsync(third),
            await OpenCall.StreamAsync(third, "/api/stream"),
            await OpenCall.WebSocketAsync(third, cluster.Nodes[2].Address, "/api/socket"));
    }

    /// <param name="CallRefused">From the end to the first 401.</param>
    /// <param name="AllGone">From the end until nothing of it is open any longer.</param>
    private sealed record End(TimeSpan CallRefused, TimeSpan AllGone);

    /// <summary>One session at two nodes: one has a copy of it, the other everything that stays open.</summary>
    private sealed record OpenSession(Browser Second, Browser Third, EventReader Events, OpenCall Stream, OpenCall Socket) : IAsyncDisposable
    {
        public async Task<DateTimeOffset> ExpiryAsync() => (await Second.GetAsync("/bff/session")).Json.GetProperty("sessionExpiresAt").GetDateTimeOffset();

        /// <param name="end">When the session ended, or will.</param>
        public async Task<End> EndsAsync(DateTimeOffset end)
        {
            var gone = Task.WhenAll(Task.Run(() => Events.NextAsync("ended")), Stream.EndsAsync(Patience(end)), Socket.EndsAsync(Patience(end)));
            await Eventually.ReachesAsync(end - TimeSpan.FromSeconds(1));
            while ((await Second.GetAsync("/api/echo")).Status != HttpStatusCode.Unauthorized) { await Eventually.ShortlyAsync(); }
            var refused = TimeProvider.System.GetUtcNow() - end;
            await gone;
            return new End(refused, TimeProvider.System.GetUtcNow() - end);
        }

        private static TimeSpan Patience(DateTimeOffset end) => end - TimeProvider.System.GetUtcNow() + Eventually.Deadline;

        public async ValueTask DisposeAsync()
        {
            await Events.DisposeAsync();
            await Stream.DisposeAsync();
            await Socket.DisposeAsync();
            Second.Dispose();
            Third.Dispose();
        }
    }
}
