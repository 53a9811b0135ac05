using System.Globalization;
using System.Net;

namespace Bff.HostTests.Renewal;

public sealed class ProviderOutageTests
{
    private static readonly TimeSpan TokenTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task An_api_call_survives_a_provider_outage_while_the_token_is_valid()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.GoDown();

        for (var second = 0; second < 295; second += 15)
        {
            (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
            await world.AdvanceAsync(TimeSpan.FromSeconds(15));
        }

        world.Provider.Refreshes.ShouldBeGreaterThan(1);
        world.Sessions.ShouldBe(1);
    }

    [Fact]
    [Trait("Standard", "WEB-7")]
    public async Task After_expiry_an_outage_is_a_503_that_says_when_to_try_again_and_the_session_stays()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.GoDown();
        await world.AdvanceAsync(TimeSpan.FromSeconds(305));

        var answer = await alice.GetAsync("/api/echo");

        answer.ShouldBeProblem(503, "provider_unavailable");
        int.Parse(answer.Header("Retry-After")!, CultureInfo.InvariantCulture).ShouldBeInRange(1, 60);
        answer.Header("Access-Control-Allow-Origin").ShouldBe(Browser.SpaOrigin);
        answer.SetCookies.ShouldBeEmpty();
        (await alice.GetAsync("/open/echo")).ShouldBeProblem(503, "provider_unavailable");
        (await alice.GetAsync("/plain/echo")).Status.ShouldBe(HttpStatusCode.OK);
        (await alice.GetAsync("/bff/session")).Json.GetProperty("isLoggedIn").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task When_the_provider_is_back_everything_goes_on_by_itself()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.GoDown();
        await world.AdvanceAsync(TimeSpan.FromMinutes(8));
        (await alice.GetAsync("/api/echo")).ShouldBeProblem(503, "provider_unavailable");
        world.Provider.ComeBack();
        var tried = world.Provider.Refreshes;

        await world.AdvanceUntilAsync(() => world.Provider.Refreshes > tried, within: TimeSpan.FromSeconds(75));

        world.Provider.Refreshes.ShouldBe(tried + 1);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Provider.Reuses.ShouldBe(0);
    }

    [Fact]
    public async Task A_waiting_user_need_not_wait_for_the_background_when_the_provider_is_back()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.GoDown();
        await world.AdvanceAsync(TimeSpan.FromMinutes(8));
        world.Provider.ComeBack();
        world.Clock.Advance(TimeSpan.FromSeconds(5));

        (await world.RunAsync(alice.GetAsync("/api/echo"))).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task The_tries_of_a_user_who_waits_do_not_put_off_the_next_one_of_the_background()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.GoDown();
        await world.AdvanceAsync(TimeSpan.FromSeconds(301));
        await world.AdvanceUntilAsync(() => UntilDue() > TimeSpan.FromSeconds(15), within: TimeSpan.FromMinutes(5));
        var (due, tried) = (world.Clock.Now + UntilDue(), world.Provider.Refreshes);

        while (UntilDue() > TimeSpan.FromSeconds(6) && world.Clock.Now < due)
        {
            (await world.RunAsync(alice.GetAsync("/api/echo"))).ShouldBeProblem(503, "provider_unavailable");
            world.Clock.Advance(TimeSpan.FromMilliseconds(250));
        }

        (world.Provider.Refreshes - tried).ShouldBeInRange(1, 12);   // one in four to five seconds
        (world.Clock.Now + UntilDue()).ShouldBe(due, TimeSpan.FromSeconds(1));
        world.Provider.ComeBack();
        await world.AdvanceUntilAsync(() => world.Clock.Now > due, within: TimeSpan.FromSeconds(15));
        (await alice.GetAsync("/bff/session")).Text("renewalError").ShouldBeNull("nobody has called meanwhile");

        TimeSpan UntilDue() => TimeSpan.FromMilliseconds(world.Ask("SELECT due_at - @now FROM sessions"));
    }

    [Fact]
    public async Task An_outage_of_a_quarter_of_an_hour_costs_few_calls()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.GoDown();
        await world.AdvanceAsync(TimeSpan.FromMinutes(19));
        world.Provider.Refreshes.ShouldBeInRange(15, 40);
        (await alice.GetAsync("/bff/session")).Json.GetProperty("isLoggedIn").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    [Trait("Standard", "ASVS-16")]
    public async Task An_outage_costs_few_calls_however_many_sessions_are_due_and_all_are_renewed_after_it()
    {
        await using var world = await World.StartAsync();
        foreach (var number in Enumerable.Range(1, 16)) { await world.LogInAsync("user" + number); }
        world.Provider.GoDown();
        await world.AdvanceAsync(TimeSpan.FromMinutes(8));
        world.Provider.Refreshes.ShouldBeInRange(5, 60);

        world.Provider.ComeBack();
        await world.AdvanceAsync(TimeSpan.FromMinutes(2));

        world.Provider.Grants.ShouldAllBe(grant => grant.AccessToken!.ExpiresAt > world.Clock.Now);
        world.Provider.Reuses.ShouldBe(0);
    }

    [Fact]
    public async Task A_proxy_that_starts_during_an_outage_serves_and_renews_when_the_provider_is_back()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.GoDown();
        await world.RestartBffAsync();

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        await world.AdvanceAsync(TimeSpan.FromSeconds(280));
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Provider.ComeBack();

        await world.AdvanceUntilAsync(() => world.Provider.Refreshes == 1, within: TimeSpan.FromSeconds(75));
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task While_the_provider_hangs_a_call_with_an_old_but_valid_token_goes_after_a_short_patience()
    {
        await using var world = await World.StartAsync(("Bff:Renewal:MinValidity", "00:01:00"));
        world.Provider.Lifetime = TimeSpan.FromMinutes(20);
        var alice = await world.LogInAsync();
        var first = await CallWhileHangingAsync(world, alice, TimeSpan.FromSeconds((20 * 60) - 50));

        var second = await world.Clock.StartsWaitAsync(Patience, () => alice.GetAsync("/api/echo"));
        second.IsCompleted.ShouldBeFalse();
        world.Clock.Advance(Patience);

        (await second).Status.ShouldBe(HttpStatusCode.OK);
        (await world.RunAsync(first)).Status.ShouldBe(HttpStatusCode.OK);
        world.Provider.Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task While_the_provider_hangs_a_call_with_an_expired_token_is_a_503_within_the_token_timeout()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var first = await CallWhileHangingAsync(world, alice, TimeSpan.FromSeconds(301));

        var second = await world.Clock.StartsWaitAsync(TokenTimeout, () => alice.GetAsync("/api/echo"));
        second.IsCompleted.ShouldBeFalse();
        world.Clock.Advance(TokenTimeout);

        foreach (var answer in await world.RunAsync(Task.WhenAll(first, second)))
        {
            answer.ShouldBeProblem(503, "provider_unavailable");
            answer.Header("Retry-After").ShouldNotBeNull();
        }

        world.Sessions.ShouldBe(1);
    }

    [Fact]
    public async Task A_call_that_waits_for_a_slow_answer_goes_with_the_new_token()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var call = await CallWhileHangingAsync(world, alice, TimeSpan.FromSeconds(301));

        world.Provider.Faults.Release();

        (await world.RunAsync(call)).Body.ShouldBe("alice");
        world.Provider.Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task A_call_that_waits_for_an_answer_that_ends_the_session_learns_it()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var call = await CallWhileHangingAsync(world, alice, TimeSpan.FromSeconds(301));
        var open = await world.Clock.StartsWaitAsync(TokenTimeout, () => alice.GetAsync("/open/echo"));

        world.Provider.Grant.Over = true;
        world.Provider.Faults.Release();

        (await world.RunAsync(call)).ShouldBeProblem(401, "session_ended");
        (await world.RunAsync(open)).Body.ShouldBe("nobody");
    }

    [Theory]
    [InlineData(503, "40")]
    [InlineData(429, "40")]
    [InlineData(503, "in 40 s, as a date")]
    public async Task When_the_provider_says_how_long_to_wait_it_is_left_alone_for_so_long(int status, string retryAfter)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await world.AdvanceAsync(TimeSpan.FromSeconds(205));
        var value = retryAfter == "40" ? "40" : world.Clock.Now.AddSeconds(75).ToString("R");
        world.Provider.Faults.AnswerWith(status, "later", "text/plain", ("Retry-After", value));
        await world.AdvanceUntilAsync(() => world.Provider.Refreshes == 1, within: TimeSpan.FromSeconds(50));

        await world.AdvanceAsync(TimeSpan.FromSeconds(30));
        (await alice.PostAsync("/bff/renew")).ShouldBeProblem(503, "provider_unavailable");
        world.Provider.Refreshes.ShouldBe(1);

        world.Provider.ComeBack();
        await world.AdvanceAsync(TimeSpan.FromSeconds(50));
        world.Provider.Refreshes.ShouldBe(2);
        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("Thu, 01 Jan 1998 00:00:00 GMT")]
    public async Task A_wait_of_nothing_is_no_invitation_to_hammer_the_provider(string retryAfter)
    {
        await using var world = await World.StartAsync();
        await world.LogInAsync();
        world.Provider.Faults.AnswerWith(503, "later", "text/plain", ("Retry-After", retryAfter));
        await Eventually.HappensAsync(() =>
        {
            if (world.Provider.Refreshes == 0) { world.Clock.Advance(TimeSpan.FromSeconds(5)); }
            return world.Provider.Refreshes > 0;
        }, "the first renewal");

        for (var moment = 0; moment < 100; moment++) { await Eventually.ShortlyAsync(); }

        world.Provider.Refreshes.ShouldBeLessThan(10);
    }

    /// <summary>Moves to a moment after sign-in and calls, with the refresh that this needs hanging at the provider.</summary>
    private static async Task<Task<Answer>> CallWhileHangingAsync(World world, Browser browser, TimeSpan moment)
    {
        world.Provider.Hang();
        world.Clock.Advance(moment);
        var call = browser.GetAsync("/api/echo");
        await Eventually.HappensAsync(() => world.Provider.Faults.Holding == 1, "a refresh hangs at the provider");
        return call;
    }
}
