using System.Net;

namespace Bff.HostTests.Login;

public sealed class EventsTests
{
    [Fact]
    public async Task A_page_that_listens_hears_the_session_as_it_is_and_then_each_renewal()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await using var events = await EventReader.OpenAsync(alice);

        var first = await events.NextAsync("session");
        first.Data.GetProperty("name").GetString().ShouldNotBeNullOrEmpty();
        var expiry = first.Data.GetProperty("accessTokenExpiresAt").GetDateTimeOffset();

        await world.AdvanceAsync(world.Provider.Lifetime);

        var renewed = await events.NextAsync("renewed");
        renewed.Data.GetProperty("accessTokenExpiresAt").GetDateTimeOffset().ShouldBeGreaterThan(expiry);
        renewed.Id.ShouldNotBe(first.Id);
        world.Provider.Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task Listening_does_not_keep_a_session_alive_and_says_when_it_idles_out()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:IdleTimeout", "00:02:00"));
        var alice = await world.LogInAsync();
        await using var events = await EventReader.OpenAsync(alice);

        await world.AdvanceAsync(TimeSpan.FromMinutes(2) + TimeSpan.FromSeconds(1));

        (await events.NextAsync("ended")).Data.GetProperty("reason").GetString().ShouldBe("idle_timeout");
        (await events.NextAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task The_absolute_end_is_told_by_its_name()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:IdleTimeout", "00:02:00"), ("Bff:Sessions:AbsoluteTimeout", "00:02:00"));
        var alice = await world.LogInAsync();
        await using var events = await EventReader.OpenAsync(alice);
        await world.AdvanceAsync(TimeSpan.FromMinutes(2) + TimeSpan.FromSeconds(1));
        (await events.NextAsync("ended")).Data.GetProperty("reason").GetString().ShouldBe("absolute_timeout");
    }

    [Fact]
    public async Task Signing_out_in_one_tab_is_heard_in_the_others()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await using var events = await EventReader.OpenAsync(alice);
        await events.NextAsync("session");

        await alice.PostAsync("/bff/logout");

        (await events.NextAsync("ended")).Data.GetProperty("reason").GetString().ShouldBe("signed_out");
        (await events.NextAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Signing_in_again_ends_the_old_sessions_stream()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await using var events = await EventReader.OpenAsync(alice);
        await events.NextAsync("session");

        await alice.OpenAsync("/bff/login?login_hint=bob");

        (await events.NextAsync("ended")).Data.GetProperty("reason").GetString().ShouldBe("replaced");
    }

    [Fact]
    public async Task A_grant_that_the_provider_ended_is_told()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await using var events = await EventReader.OpenAsync(alice);
        world.Provider.Grant.Over = true;

        await world.AdvanceAsync(world.Provider.Lifetime);

        (await events.NextAsync("ended")).Data.GetProperty("reason").GetString().ShouldBe("session_ended");
    }

    [Fact]
    [Trait("Standard", "WILD-8")]
    public async Task While_the_provider_is_down_the_page_hears_that_renewals_fail_and_that_the_token_is_about_to_expire()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await using var events = await EventReader.OpenAsync(alice);
        (await events.NextAsync("session")).Data.TryGetProperty("renewalError", out _).ShouldBeFalse();
        world.Provider.GoDown();

        await world.AdvanceAsync(world.Provider.Lifetime);

        (await events.NextAsync("session")).Data.GetProperty("renewalError").GetString().ShouldBe("idp_unavailable");
        await events.NextAsync("expiring");

        world.Provider.ComeBack();
        await world.AdvanceAsync(TimeSpan.FromMinutes(2));
        (await events.NextAsync("renewed")).Data.TryGetProperty("renewalError", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Coming_back_with_the_last_event_tells_only_what_was_missed()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        string? last;
        await using (var events = await EventReader.OpenAsync(alice)) { last = (await events.NextAsync("session")).Id; }

        await using (var events = await EventReader.OpenAsync(alice, last)) { (await events.NextAsync())!.Value.Name.ShouldBe("heartbeat"); }

        await alice.PostAsync("/bff/renew");
        await using (var events = await EventReader.OpenAsync(alice, last)) { (await events.NextAsync())!.Value.Name.ShouldBe("session"); }
    }

    [Fact]
    public async Task A_quiet_stream_beats_often_enough_for_what_stands_in_between()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await using var events = await EventReader.OpenAsync(alice);
        await events.NextAsync("session");

        await world.AdvanceAsync(TimeSpan.FromSeconds(20));

        (await events.NextAsync())!.Value.Name.ShouldBe("heartbeat");
    }

    [Fact]
    public async Task A_store_that_cannot_be_read_for_a_while_ends_no_stream()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await using var events = await EventReader.OpenAsync(alice);
        await events.NextAsync("session");

        world.Execute("ALTER TABLE sessions RENAME TO elsewhere");
        world.Clock.Advance(TimeSpan.FromSeconds(20));
        (await events.NextAsync())!.Value.Name.ShouldBe("heartbeat");

        world.Execute("ALTER TABLE elsewhere RENAME TO sessions");
        await Eventually.HappensAsync(async () =>
        {
            if ((await alice.PostAsync("/bff/renew")).Status == HttpStatusCode.OK) { return true; }
            world.Clock.Advance(TimeSpan.FromSeconds(1));   // as often the store is looked at
            return false;
        });
        await events.NextAsync("renewed");
    }

    [Fact]
    public async Task A_server_that_stops_ends_the_streams_at_once()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await using var events = await EventReader.OpenAsync(alice);
        await events.NextAsync("session");

        await world.StopBffAsync();

        (await events.NextAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task One_session_may_not_open_streams_without_end()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var open = new List<EventReader>();
        for (var stream = 0; stream < 20; stream++) { open.Add(await EventReader.OpenAsync(alice)); }

        (await alice.GetAsync("/bff/events")).ShouldBeProblem(429, "too_many_streams");

        await open[0].DisposeAsync();
        open.RemoveAt(0);
        await Eventually.HappensAsync(async () =>
        {
            using var answer = await alice.BeginAsync(alice.Script(HttpMethod.Get, "/bff/events"));
            return answer.StatusCode == HttpStatusCode.OK;
        }, "there is room again");
        foreach (var stream in open) { await stream.DisposeAsync(); }
    }

    [Fact]
    public async Task Without_a_session_there_is_nothing_to_hear()
    {
        await using var world = await World.StartAsync();
        (await world.NewBrowser().GetAsync("/bff/events")).ShouldBeProblem(401, "session_required");
    }

    [Theory]
    [InlineData("https://evil.example", null, "origin_not_allowed")]
    [InlineData(null, "cross-site", "cross_site_request")]
    [InlineData(null, "same-site", "origin_required")]
    [InlineData(null, null, "origin_required")]
    [Trait("Standard", "WEB-8")]
    public async Task A_page_that_is_not_ours_hears_nothing(string? origin, string? fetchSite, string code)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var request = alice.Bare(HttpMethod.Get, "/bff/events");
        if (origin is not null) { request.Headers.Add("Origin", origin); }
        if (fetchSite is not null) { request.Headers.Add("Sec-Fetch-Site", fetchSite); }

        (await alice.SendAsync(request)).ShouldBeProblem(403, code);
    }

    [Fact]
    public async Task A_page_served_by_the_proxy_itself_may_listen()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var request = alice.Bare(HttpMethod.Get, "/bff/events");
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        using var answer = await alice.BeginAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
