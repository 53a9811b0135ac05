using System.Net;

namespace Bff.HostTests.Renewal;

public sealed class RenewEndpointTests
{
    [Fact]
    public async Task Renewing_now_brings_a_new_token_and_says_until_when()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var first = world.Provider.Grant.AccessToken!.Value;
        await world.AdvanceAsync(TimeSpan.FromMinutes(1));

        var answer = await alice.PostAsync("/bff/renew");

        answer.Status.ShouldBe(HttpStatusCode.OK);
        answer.Json.GetProperty("accessTokenExpiresAt").GetDateTimeOffset().ShouldBe(world.Clock.Now + world.Provider.Lifetime, TimeSpan.FromSeconds(1));
        answer.Json.GetProperty("isLoggedIn").GetBoolean().ShouldBeTrue();
        world.Provider.Refreshes.ShouldBe(1);
        await alice.GetAsync("/api/echo");
        world.Api.LastCall.Token.ShouldNotBe(first);
    }

    [Fact]
    public async Task Renewing_many_times_at_once_asks_the_provider_once_at_a_time_and_never_with_a_used_token()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => alice.PostAsync("/bff/renew")));
        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
        world.Provider.Grant.MostAtOnce.ShouldBe(1);
        world.Provider.Reuses.ShouldBe(0);
    }

    [Fact]
    public async Task Asking_again_and_again_costs_the_provider_one_refresh_in_two_seconds()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        for (var wish = 0; wish < 5; wish++) { (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK); }
        world.Provider.Refreshes.ShouldBe(1);

        await world.AdvanceAsync(TimeSpan.FromSeconds(2));
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        world.Provider.Refreshes.ShouldBe(2);
    }

    [Fact]
    public async Task Nobody_signed_in_cannot_renew()
    {
        await using var world = await World.StartAsync();
        (await world.NewBrowser().PostAsync("/bff/renew")).ShouldBeProblem(401, "session_required");
    }

    [Fact]
    public async Task It_is_no_GET()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        ((int)(await alice.GetAsync("/bff/renew")).Status).ShouldBe(405);
        world.Provider.Refreshes.ShouldBe(0);
    }

    [Fact]
    [Trait("Standard", "BBA-18")]
    public async Task A_grant_that_is_over_ends_the_session()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Grant.Over = true;

        (await alice.PostAsync("/bff/renew")).ShouldBeProblem(401, "session_ended");

        (await alice.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
        world.Sessions.ShouldBe(0);
    }

    [Fact]
    public async Task A_provider_that_is_down_is_a_503_and_the_session_stays()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.GoDown();

        var answer = await alice.PostAsync("/bff/renew");

        answer.ShouldBeProblem(503, "provider_unavailable");
        int.Parse(answer.Header("Retry-After")!, System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(1, 60);
        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
    }
}
