using System.Net;

namespace Bff.HostTests.Renewal;

public sealed class ParallelCallsTests
{
    private const int Calls = 24;
    private const int Rounds = 5;

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    public async Task Many_calls_at_expiry_cost_one_refresh_and_all_succeed(int providerDelay)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        if (providerDelay > 0) { world.Provider.Faults.AnswerAfter(TimeSpan.FromMilliseconds(providerDelay)); }
        for (var round = 1; round <= Rounds; round++)
        {
            world.Clock.Advance(world.Provider.Lifetime + TimeSpan.FromSeconds(1));

            var answers = await world.RunAsync(Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => alice.GetAsync("/api/echo"))));

            answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
            await world.SettleAsync();
            world.Provider.Refreshes.ShouldBe(round);
        }

        world.Provider.Reuses.ShouldBe(0);
        world.Provider.Grant.MostAtOnce.ShouldBe(1);
        world.Api.Calls.ShouldAllBe(call => call.Status == 200);
    }

    [Fact]
    public async Task Calls_and_renewals_by_hand_at_expiry_cost_one_refresh_at_a_time_and_no_used_token()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Faults.AnswerAfter(TimeSpan.FromMilliseconds(20));
        for (var round = 0; round < Rounds; round++)
        {
            world.Clock.Advance(world.Provider.Lifetime + TimeSpan.FromSeconds(1));
            var calls = Enumerable.Range(0, Calls).Select(number => number % 3 == 0 ? alice.PostAsync("/bff/renew") : alice.GetAsync("/api/echo"));
            var answers = await world.RunAsync(Task.WhenAll(calls));
            answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
        }

        world.Provider.Reuses.ShouldBe(0);
        world.Provider.Grant.MostAtOnce.ShouldBe(1);
    }

    [Fact]
    public async Task Many_calls_at_expiry_of_a_grant_that_is_over_cost_one_refresh_and_learn_it()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Grant.Over = true;
        world.Provider.Faults.AnswerAfter(TimeSpan.FromMilliseconds(20));
        world.Clock.Advance(world.Provider.Lifetime + TimeSpan.FromSeconds(1));

        var answers = await world.RunAsync(Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => alice.GetAsync("/api/echo"))));

        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.Unauthorized);
        world.Provider.Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task Many_calls_at_expiry_while_the_provider_is_down_cost_few_refreshes_and_learn_it()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.GoDown();
        world.Clock.Advance(world.Provider.Lifetime + TimeSpan.FromSeconds(1));

        var answers = await world.RunAsync(Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => alice.GetAsync("/api/echo"))));

        answers.ShouldAllBe(answer => answer.Code == "provider_unavailable");
        world.Provider.Refreshes.ShouldBeLessThanOrEqualTo(3);
    }

    [Fact]
    public async Task No_more_refreshes_run_at_once_than_configured()
    {
        await using var world = await World.StartAsync(("Bff:Renewal:MaxConcurrency", "3"));
        foreach (var number in Enumerable.Range(1, 12)) { await world.LogInAsync("user" + number); }
        world.Provider.Faults.AnswerAfter(TimeSpan.FromMilliseconds(30));

        world.Clock.Advance(TimeSpan.FromSeconds(250));
        await world.SettleAsync();

        world.Provider.Grants.ShouldAllBe(grant => grant.Refreshes == 1);
        world.Provider.MostAtOnce.ShouldBe(3);
    }

    [Fact]
    public async Task A_store_that_stumbles_just_when_the_answer_arrives_loses_nothing()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Hang();
        var arrives = world.Provider.NextRefreshAsync();
        var renewing = alice.PostAsync("/bff/renew");
        await arrives;

        world.Execute("ALTER TABLE sessions RENAME TO hidden");
        var old = world.Provider.Grant.AccessToken!.Value;
        world.Provider.ComeBack();
        world.Provider.Faults.Release();
        await Eventually.HappensAsync(() => world.Provider.Grant.AccessToken!.Value != old && world.Provider.Grant.UnderWay == 0);
        var told = await renewing;
        told.ShouldBeProblem(503, "store_unavailable");
        told.Header("Retry-After").ShouldBe("2");
        world.Execute("ALTER TABLE hidden RENAME TO sessions");

        await Eventually.HappensAsync(() =>
        {
            world.Clock.Advance(TimeSpan.FromMilliseconds(100));   // until somebody looks whether the store is back, and the tokens are written
            return world.Ask("SELECT COUNT(*) FROM sessions WHERE version = 2") == 1;
        });
        await world.SendsNewestTokenAsync(alice);
        world.Provider.Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task A_browser_that_goes_away_in_the_middle_of_a_refresh_loses_nothing()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Hang();
        using var goesAway = new CancellationTokenSource();
        var arrives = world.Provider.NextRefreshAsync();
        var renewing = alice.SendAsync(alice.Script(HttpMethod.Post, "/bff/renew"), goesAway.Token);
        await arrives;

        await goesAway.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(renewing);
        world.Provider.ComeBack();
        world.Provider.Faults.Release();
        await world.SettleAsync();

        await world.SendsNewestTokenAsync(alice);
        await world.AdvanceAsync(TimeSpan.FromSeconds(2));   // sooner it would be taken for a repetition
        await Eventually.HappensAsync(
            async () =>
                (await alice.PostAsync("/bff/renew")).Status == HttpStatusCode.OK
                    && world.Provider.Refreshes > 1, "the first renewal is quite over, and another is made");
        world.Provider.Refreshes.ShouldBe(2);
        world.Provider.Reuses.ShouldBe(0);
    }

    [Fact]
    public async Task A_proxy_that_is_stopped_in_the_middle_of_a_refresh_finishes_it()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Hang();
        var arrives = world.Provider.NextRefreshAsync();
        var renewing = alice.PostAsync("/bff/renew");
        await arrives;

        var stopping = world.StopBffAsync();
        world.Provider.ComeBack();
        world.Provider.Faults.Release();
        await stopping;
        await Should.NotThrowAsync(async () => await Task.WhenAny(renewing));
        await world.RestartBffAsync();

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Api.LastCall.Token.ShouldBe(world.Provider.Grant.AccessToken!.Value);
        world.Provider.Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task A_sign_out_in_the_middle_of_a_refresh_wins()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Hang();
        var arrives = world.Provider.NextRefreshAsync();
        var renewing = alice.PostAsync("/bff/renew");
        await arrives;

        (await alice.PostAsync("/bff/logout")).Status.ShouldBe(HttpStatusCode.OK);
        world.Provider.ComeBack();
        world.Provider.Faults.Release();

        (await renewing).ShouldBeProblem(401, "session_ended");
        world.Sessions.ShouldBe(0);
    }
}
