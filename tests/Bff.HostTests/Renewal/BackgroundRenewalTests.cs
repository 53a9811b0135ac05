using System.Net;

namespace Bff.HostTests.Renewal;

public sealed class BackgroundRenewalTests
{
    /// <summary>A token of five minutes is renewed one minute to one and a half before it expires.</summary>
    private static readonly TimeSpan Earliest = TimeSpan.FromSeconds(210);
    private static readonly TimeSpan Latest = TimeSpan.FromSeconds(240);
    private static readonly TimeSpan StepOfTheClock = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task A_token_is_renewed_before_it_expires_again_and_again_without_any_call()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        for (var round = 1; round <= 5; round++)
        {
            var obtained = world.Clock.Now;
            await world.AdvanceUntilAsync(() => world.Provider.Refreshes == round, within: Latest + StepOfTheClock);
            (world.Clock.Now - obtained).ShouldBeInRange(Earliest, Latest + StepOfTheClock);
        }

        world.Provider.Refreshes.ShouldBe(5);
        world.Provider.Reuses.ShouldBe(0);
        world.Provider.Grant.MostAtOnce.ShouldBe(1);
        world.Bff.Logs.Lines.ShouldNotContain(
            line => line.StartsWith("Error", StringComparison.Ordinal) || line.StartsWith("Warning Bff", StringComparison.Ordinal));
        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
        world.Api.LastCall.Token.ShouldBe(world.Provider.Grant.AccessToken!.Value);
    }

    [Fact]
    public async Task A_call_at_any_moment_gets_a_token_that_is_good_and_pays_for_no_refresh()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        for (var minute = 0; minute < 20; minute++)
        {
            await world.AdvanceAsync(TimeSpan.FromMinutes(1));
            var before = world.Provider.Refreshes;
            (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
            world.Provider.Refreshes.ShouldBe(before);
        }

        world.Provider.Reuses.ShouldBe(0);
    }

    [Fact]
    public async Task Every_session_is_renewed_once_each_time()
    {
        await using var world = await World.StartAsync();
        foreach (var number in Enumerable.Range(1, 12)) { await world.LogInAsync("user" + number); }

        await world.AdvanceAsync(Latest + StepOfTheClock);

        world.Provider.Grants.ShouldAllBe(grant => grant.Refreshes == 1);
        world.Provider.Reuses.ShouldBe(0);
    }

    [Fact]
    public async Task The_page_learns_when_the_next_renewal_is_due()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var session = (await alice.GetAsync("/bff/session")).Json;
        (session.GetProperty("renewsAt").GetDateTimeOffset() - session.GetProperty("now").GetDateTimeOffset())
            .ShouldBeInRange(Earliest, Latest + TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_short_token_is_renewed_in_its_last_quarter()
    {
        await using var world = await World.StartAsync();
        world.Provider.Lifetime = TimeSpan.FromSeconds(40);
        await world.LogInAsync();
        await world.AdvanceAsync(TimeSpan.FromSeconds(25));
        world.Provider.Refreshes.ShouldBe(0);
        await world.AdvanceAsync(TimeSpan.FromSeconds(10));
        world.Provider.Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task A_rotated_refresh_token_survives_a_restart()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await world.AdvanceUntilAsync(() => world.Provider.Refreshes == 1, within: Latest + StepOfTheClock);

        await world.RestartBffAsync();

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Api.LastCall.Token.ShouldBe(world.Provider.Grant.AccessToken!.Value);
        await world.AdvanceUntilAsync(() => world.Provider.Refreshes == 2, within: Latest + StepOfTheClock);
        world.Provider.Reuses.ShouldBe(0);
    }

    [Fact]
    public async Task What_became_due_while_nobody_ran_is_renewed_at_the_start()
    {
        await using var world = await World.StartAsync();
        await world.LogInAsync();
        var next = world.Provider.NextRefreshAsync();
        await world.StopBffAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(20));
        world.Provider.Refreshes.ShouldBe(0);

        await world.RestartBffAsync();

        await next;
        await world.SettleAsync();
        world.Provider.Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task A_refresh_that_answers_without_a_refresh_token_keeps_the_old_one()
    {
        await using var world = await World.StartAsync();
        world.Provider.Rotates = false;
        await world.LogInAsync();
        var first = world.Provider.Grant.RefreshToken;

        await world.AdvanceUntilAsync(() => world.Provider.Refreshes == 2, within: (Latest + StepOfTheClock) * 2);

        world.Provider.TokenCalls.Where(call => call["grant_type"] == "refresh_token").ShouldAllBe(call => call["refresh_token"] == first);
        world.Sessions.ShouldBe(1);
    }

    [Fact]
    public async Task A_session_past_its_end_is_not_renewed_any_more()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:IdleTimeout", "00:10:00"));
        await world.LogInAsync();
        await world.AdvanceAsync(TimeSpan.FromMinutes(11));
        var renewed = world.Provider.Refreshes;
        renewed.ShouldBe(2);

        await world.AdvanceAsync(TimeSpan.FromMinutes(20));

        world.Provider.Refreshes.ShouldBe(renewed);
    }
}
