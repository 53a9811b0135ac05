using System.Net;

namespace Bff.HostTests.Renewal;

public sealed class TwoNodesTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    public async Task Two_nodes_on_one_store_refresh_once(int providerDelay)
    {
        await using var world = await World.StartAsync();
        var here = await world.LogInAsync();
        var there = SameBrowserAt(world, here, world.StartBff());
        if (providerDelay > 0) { world.Provider.Faults.AnswerAfter(TimeSpan.FromMilliseconds(providerDelay)); }
        for (var round = 1; round <= 5; round++)
        {
            world.Clock.Advance(world.Provider.Lifetime + TimeSpan.FromSeconds(1));

            var answers = await world.RunAsync(Task.WhenAll(Enumerable.Range(0, 24).Select(number => (number % 2 == 0 ? here : there).GetAsync("/api/echo"))));

            answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
            await world.SettleAsync();
            world.Provider.Refreshes.ShouldBe(round);
        }

        world.Provider.Reuses.ShouldBe(0);
    }

    [Fact]
    public async Task Two_nodes_share_the_renewals_in_the_background_and_do_each_once()
    {
        await using var world = await World.StartAsync();
        world.StartBff();
        foreach (var number in Enumerable.Range(1, 8)) { await world.LogInAsync("user" + number); }

        await world.AdvanceAsync(TimeSpan.FromMinutes(17));

        world.Provider.Reuses.ShouldBe(0);
        world.Provider.Grants.ShouldAllBe(grant => grant.MostAtOnce == 1 && grant.Refreshes == 4);
    }

    [Fact]
    public async Task A_sign_in_begun_at_one_node_may_end_at_another()
    {
        await using var world = await World.StartAsync();
        var there = world.StartBff();
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");

        // The provider wants the same redirect URI in both calls, as behind a load balancer: only the connection differs.
        var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(callback) { Port = there.Address.Port }.Uri);
        request.Headers.Host = callback.Authority;
        (await alice.SendAsync(request)).Status.ShouldBe(HttpStatusCode.Found);

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task A_node_that_dies_in_the_middle_of_a_renewal_is_taken_over_when_its_lease_ends_and_not_before()
    {
        await using var world = await World.StartAsync(("Bff:Renewal:TokenTimeout", "00:00:30"));
        var start = world.Clock.Now;
        var deadClock = new TestClock();
        var alice = await world.LogInAsync(at: world.StartBff(deadClock));

        // The first node begins a renewal and then its time stands still; nothing it would still do happens.
        world.Provider.Hang();
        await Eventually.HappensAsync(() =>
        {
            if (world.Provider.Refreshes == 0 && deadClock.Sleepers > 0) { deadClock.Advance(TimeSpan.FromSeconds(1)); }   // not while it claims
            return world.Provider.Refreshes == 1;
        }, "the node that dies begins a renewal");
        world.Provider.ComeBack();
        var leaseEnds = DateTimeOffset.FromUnixTimeMilliseconds(world.Ask("SELECT lease_until FROM sessions"));
        leaseEnds.ShouldBeLessThan(start + world.Provider.Lifetime);

        for (; world.Clock.Now < leaseEnds - TimeSpan.FromSeconds(2); await Eventually.ShortlyAsync()) { world.Clock.Advance(TimeSpan.FromSeconds(1)); }
        world.Provider.Refreshes.ShouldBe(1);

        await Eventually.HappensAsync(() =>
        {
            if (world.Provider.Refreshes == 1) { world.Clock.Advance(TimeSpan.FromMilliseconds(100)); }
            return world.Provider.Refreshes == 2;
        }, "the other node takes over");
        (world.Clock.Now - leaseEnds).ShouldBeInRange(TimeSpan.Zero, TimeSpan.FromSeconds(15));
        await world.SettleAsync();

        (await SameBrowserAt(world, alice, world.Bff).GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Api.LastCall.Token.ShouldBe(world.Provider.Grant.AccessToken!.Value);

        // The first node wakes up after all: what it has to say counts no more.
        world.Provider.Faults.CutOff();
        await Eventually.HappensAsync(() => world.Provider.Grant.UnderWay == 0);
        await world.AdvanceAsync(TimeSpan.FromSeconds(10));
        world.Ask("SELECT failures FROM sessions").ShouldBe(0);
        world.Provider.Reuses.ShouldBe(0);
    }

    [Fact]
    [Trait("Standard", "ASVS-4")]
    public async Task A_sign_out_at_one_node_holds_at_the_other_when_its_copy_is_old()
    {
        await using var world = await World.StartAsync();
        var here = await world.LogInAsync();
        var there = SameBrowserAt(world, here, world.StartBff());
        (await there.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);

        await here.PostAsync("/bff/logout");
        world.Clock.Advance(TimeSpan.FromSeconds(5));

        (await there.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
    }

    [Fact]
    public async Task A_sign_out_revokes_the_newest_refresh_token_though_another_node_renewed_a_moment_ago()
    {
        await using var world = await World.StartAsync();
        var here = await world.LogInAsync();
        var there = SameBrowserAt(world, here, world.StartBff());
        (await there.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
        (await here.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);

        await there.PostAsync("/bff/logout");

        await Eventually.HappensAsync(() => !world.Provider.Revocations.IsEmpty);
        world.Provider.Revocations.Single()["token"].ShouldBe(world.Provider.Grant.RefreshToken);
    }

    private static Browser SameBrowserAt(World world, Browser browser, BffHost node)
    {
        var other = world.NewBrowser(node);
        other.Cookies.Set(Browser.SessionCookie, browser.Session!);
        return other;
    }
}
