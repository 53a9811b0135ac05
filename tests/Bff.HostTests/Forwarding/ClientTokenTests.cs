using System.Net;
using static Bff.HostTests.Forwarding.SeveralApis;

namespace Bff.HostTests.Forwarding;

/// <summary>Routes that send the application's own token.</summary>
public sealed class ClientTokenTests
{
    [Fact]
    public async Task Two_nodes_share_one_request_renew_ahead_of_expiry_while_it_is_used_and_let_it_go_after()
    {
        await using var apis = await StartAsync("Client");
        var world = apis.World;
        world.Provider.Faults.AnswerAfter(TimeSpan.FromMilliseconds(20));
        var (here, there) = (world.NewBrowser(), world.NewBrowser(world.StartBff()));

        var answers = await world.RunAsync(Task.WhenAll(
            Enumerable.Range(0, 50).Select(number => (number % 2 == 0 ? here : there).GetAsync($"/{(number % 4 < 2 ? Orders : Billing)}/api/echo"))));

        answers.ShouldAllBe(answer => answer.Body == world.Provider.ClientSubject);
        apis.Apis.Requests.Select(request => (request.Grant, request.Audience))
            .ShouldBe([("client_credentials", Orders), ("client_credentials", Billing)], ignoreOrder: true);
        world.Provider.Faults.ComeBack();
        world.Ask("SELECT COUNT(*) FROM client_tokens WHERE lease_owner IS NULL AND version = 1").ShouldBe(2);

        await using var late = world.StartBff();
        (await world.NewBrowser(late).GetAsync("/orders/api/echo")).Body.ShouldBe(world.Provider.ClientSubject);
        apis.Apis.Requests.Count.ShouldBe(2, "one that starts later reads it");

        // Orders is used each minute for a quarter of an hour: no call finds it expired, and each life costs one request.
        for (var minute = 0; minute < 15; minute++)
        {
            await world.AdvanceAsync(TimeSpan.FromMinutes(1));
            (await here.GetAsync("/orders/api/echo")).Body.ShouldBe(world.Provider.ClientSubject);
        }

        var asked = apis.Apis.Requests.Where(request => request.Audience == Orders).Select(request => request.At).ToList();
        asked.Count.ShouldBeInRange(4, 5);
        asked.Zip(asked.Skip(1), (one, next) => next - one).ShouldAllBe(between => between > TimeSpan.FromMinutes(3) && between < TimeSpan.FromMinutes(4.2));
        apis.Apis.CountOf(Billing).ShouldBe(2, "it was used in its first life, and not in the second");
        (await here.GetAsync("/billing/api/echo")).Body.ShouldBe(world.Provider.ClientSubject);
        apis.Apis.CountOf(Billing).ShouldBe(3);
        (apis.OrdersApi.Misled, apis.BillingApi.Misled, apis.OrdersApi.Refused).ShouldBe((0, 0, 0));
    }

    [Fact]
    public async Task It_is_for_who_is_anonymous_and_never_for_a_user_whose_token_cannot_be_renewed()
    {
        await using var apis = await StartAsync("UserOrClient");
        var world = apis.World;
        (await world.NewBrowser().GetAsync("/orders/api/echo")).Body.ShouldBe(world.Provider.ClientSubject);
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/orders/api/echo")).Body.ShouldBe("alice");

        // The provider is down; then the grant is over; then the session is gone.
        world.Provider.GoDown();
        world.Clock.Advance(TimeSpan.FromMinutes(6));
        (await world.RunAsync(alice.GetAsync("/orders/api/echo"))).ShouldBeProblem(503, "provider_unavailable");
        world.Provider.ComeBack();
        world.Provider.Grant.Over = true;
        await world.AdvanceUntilAsync(() => world.Sessions == 0, TimeSpan.FromMinutes(3));
        (await world.RunAsync(alice.GetAsync("/orders/api/echo"))).ShouldBeProblem(401, "session_ended");
        apis.OrdersApi.Calls.Count.ShouldBe(2, "none of them reached the API");

        var bob = await world.LogInAsync("bob");
        await bob.PostAsync("/bff/logout");
        (await bob.GetAsync("/orders/api/echo")).Body.ShouldBe(world.Provider.ClientSubject, "who has signed out is anonymous");
    }

    [Theory]
    [InlineData("UPDATE sessions SET tokens = zeroblob(100)", 401, "session_required", false)]
    [InlineData("DELETE FROM sessions", 401, "session_required", true)]
    [InlineData("DELETE FROM sessions; ALTER TABLE ends RENAME TO away", 503, "store_unavailable", false)]
    public async Task Nor_for_a_user_whose_session_cannot_be_read_or_ended_for_reasons_that_nobody_knows_but_after_they_were_told(
        string trouble, int status, string code, bool isAnonymousThen)
    {
        await using var apis = await StartAsync("UserOrClient", world => world.Set("Bff:Sessions:CacheLifetime", "00:00:00"));
        var world = apis.World;
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/orders/api/echo")).Body.ShouldBe("alice");
        var key = alice.Session;

        world.Execute(trouble);

        (await world.RunAsync(alice.GetAsync("/orders/api/echo"))).ShouldBeProblem(status, code);
        apis.OrdersApi.Calls.Count.ShouldBe(1);
        apis.Apis.Requests.ShouldAllBe(request => request.Grant == "refresh_token");
        alice.Session.ShouldBe(isAnonymousThen ? null : key);
        if (isAnonymousThen) { (await alice.GetAsync("/orders/api/echo")).Body.ShouldBe(world.Provider.ClientSubject); }
    }

    [Fact]
    public async Task What_the_provider_refuses_the_client_is_told_and_remembered_and_a_browser_needs_the_header()
    {
        await using var apis = await StartAsync("Client", world => AddRoute(world, "members", "Client", "default", ("Bff.Audience", Orders)));
        var (world, anybody) = (apis.World, apis.World.NewBrowser());
        apis.Apis.Refused[Billing] = "invalid_target";
        for (var round = 0; round < 3; round++) { (await anybody.GetAsync("/billing/api/echo")).ShouldBeProblem(502, "api_token_refused"); }
        apis.Apis.CountOf(Billing).ShouldBe(1);

        (await anybody.SendAsync(anybody.Bare(HttpMethod.Get, "/orders/api/echo"))).ShouldBeProblem(403, "csrf_header_missing");
        (await anybody.GetAsync("/members/api/echo")).ShouldBeProblem(401, "session_required");
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/members/api/echo")).Body.ShouldBe(world.Provider.ClientSubject);
        world.Api.LastCall.Header("Cookie").ShouldBeNull();
    }

    [Fact]
    public async Task A_store_that_is_away_stops_no_client()
    {
        await using var apis = await StartAsync("Client");
        apis.World.Execute("ALTER TABLE client_tokens RENAME TO away");

        (await apis.World.RunAsync(apis.World.NewBrowser().GetAsync("/orders/api/echo"))).Body.ShouldBe(apis.World.Provider.ClientSubject);
        apis.World.Execute("ALTER TABLE away RENAME TO client_tokens");
    }
}
