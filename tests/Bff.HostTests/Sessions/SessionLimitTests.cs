using System.Net;

namespace Bff.HostTests.Sessions;

/// <summary>A user who may have so many sessions, and signs in once more.</summary>
public sealed class SessionLimitTests
{
    private const string Max = "Bff:Sessions:MaxPerUser", WhenTooMany = "Bff:Sessions:WhenTooMany";

    [Fact]
    public async Task Without_a_limit_a_user_signs_in_as_often_as_they_like()
    {
        await using var world = await World.StartAsync();
        for (var i = 0; i < 5; i++) { await world.LogInAsync(); }
        world.Sessions.ShouldBe(5);
    }

    [Fact]
    public async Task The_oldest_session_ends_and_its_page_its_streams_and_the_audit_say_why()
    {
        await using var world = await World.StartAsync((Max, "2"));
        var first = await world.LogInAsync();
        await using var events = await EventReader.OpenAsync(first);
        await events.NextAsync("session");
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        var (second, bob) = (await world.LogInAsync(), await world.LogInAsync("bob"));
        world.Clock.Advance(TimeSpan.FromSeconds(1));

        var third = await world.LogInAsync();

        (await events.NextAsync("ended")).Data.GetProperty("reason").GetString().ShouldBe("too_many_sessions");
        (await first.GetAsync("/bff/session")).Text("reason").ShouldBe("too_many_sessions");
        var refused = await first.GetAsync("/api/echo");
        refused.ShouldBeProblem(401, "session_required");
        refused.Text("reason").ShouldBe("too_many_sessions");
        foreach (var browser in new[] { second, third, bob }) { (await browser.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK); }
        world.Bff.Console.Lines.ShouldContain(line => line.Contains("session_ended time=", StringComparison.Ordinal)
            && line.Contains("by=limit reason=too_many_sessions address=127.0.0.1", StringComparison.Ordinal));
        (await first.OpenAsync("/bff/silent-login")).Location!.Query.ShouldBe("?result=error&error=login_required", "it would take the place of another");
    }

    [Fact]
    public async Task The_refresh_token_of_the_oldest_is_revoked_when_its_user_has_no_other_session()
    {
        await using var world = await World.StartAsync((Max, "1"));
        await world.LogInAsync();
        var token = world.Provider.Grant.RefreshToken;
        var second = await world.LogInAsync();
        await world.AdvanceAsync(TimeSpan.FromMinutes(1));
        world.Provider.Revocations.ShouldBeEmpty("some providers give two sign-ins of a user one grant");

        await second.PostAsync("/bff/logout");
        await world.AdvanceAsync(TimeSpan.FromMinutes(12));
        await world.SeesRevocationAsync(token);
    }

    [Fact]
    public async Task A_sign_in_that_is_refused_is_a_page_that_says_so_and_leaves_nothing_behind()
    {
        await using var world = await World.StartAsync((Max, "1"), (WhenTooMany, "RefuseNewest"));
        var first = await world.LogInAsync();
        var second = world.NewBrowser();

        var end = await second.OpenAsync("/bff/login?login_hint=alice");

        end.Status.ShouldBe(HttpStatusCode.Conflict);
        end.Body.ShouldContain("You are signed in at as many places as you may be.");
        end.Body.ShouldContain("too_many_sessions");
        second.Session.ShouldBeNull();
        world.Sessions.ShouldBe(1);
        (await first.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Bff.Console.Lines.ShouldContain(line => line.Contains("sign_in_failed", StringComparison.Ordinal)
            && line.Contains("reason=too_many_sessions", StringComparison.Ordinal));

        var unused = world.Provider.Grant.RefreshToken;
        await first.PostAsync("/bff/logout");
        (await second.OpenAsync("/bff/login?login_hint=alice")).Status.ShouldBe(HttpStatusCode.Found);
        await second.PostAsync("/bff/logout");
        await world.AdvanceAsync(TimeSpan.FromMinutes(12));
        await world.SeesRevocationAsync(unused);
    }

    [Fact]
    public async Task A_browser_that_signs_in_again_replaces_its_own_session_and_is_not_refused()
    {
        await using var world = await World.StartAsync((Max, "1"), (WhenTooMany, "RefuseNewest"));
        var alice = await world.LogInAsync();
        var first = alice.Session;

        (await alice.OpenAsync("/bff/login?login_hint=alice")).Status.ShouldBe(HttpStatusCode.Found);

        alice.Session.ShouldNotBe(first);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task Two_tabs_of_a_browser_that_begin_a_sign_in_at_once_have_one_session_and_none_is_refused()
    {
        await using var world = await World.StartAsync((Max, "1"), (WhenTooMany, "RefuseNewest"));
        var alice = world.NewBrowser();
        var (first, second) = (await alice.GoToCallbackAsync("/bff/login?login_hint=alice"), await alice.GoToCallbackAsync("/bff/login?login_hint=alice"));

        (await alice.StepAsync(first)).Status.ShouldBe(HttpStatusCode.Found);
        (await alice.StepAsync(second)).Status.ShouldBe(HttpStatusCode.Found);

        world.Sessions.ShouldBe(1);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task A_silent_sign_in_that_renews_counts_for_nothing_and_one_that_begins_a_session_ends_no_other()
    {
        await using var world = await World.StartAsync((Max, "2"));
        var (alice, elsewhere) = (await world.LogInAsync(), await world.LogInAsync());
        (await alice.OpenAsync("/bff/silent-login")).Location!.Query.ShouldBe("?result=ok");
        elsewhere.Cookies.Remove(Browser.SessionCookie);   // what it had lives on

        (await elsewhere.OpenAsync("/bff/silent-login")).Location!.Query.ShouldBe("?result=error&error=login_required");

        elsewhere.Session.ShouldBeNull();
        world.Sessions.ShouldBe(2);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Theory]
    [InlineData("EndOldest")]
    [InlineData("RefuseNewest")]
    public async Task However_many_sign_in_at_once_at_two_nodes_no_more_are_left_than_may_be(string whenTooMany)
    {
        await using var world = await World.StartAsync((Max, "3"), (WhenTooMany, whenTooMany));
        var there = world.StartBff();
        var callbacks = new List<(Browser Browser, Uri Callback)>();
        for (var i = 0; i < 12; i++)
        {
            var browser = world.NewBrowser();
            callbacks.Add((browser, await browser.GoToCallbackAsync("/bff/login?login_hint=alice")));
        }

        var ends = await Task.WhenAll(callbacks.Select((flow, number) => BringAsync(flow.Browser, flow.Callback, number % 2 == 0 ? world.Bff : there)));

        ends.Count(end => end.Status == HttpStatusCode.Found).ShouldBe(whenTooMany == "EndOldest" ? 12 : 3);
        world.Ask("SELECT COUNT(*) FROM sessions WHERE ends_at > @now").ShouldBe(3);
        var answers = await Task.WhenAll(callbacks.Select(flow => flow.Browser.GetAsync("/api/echo")));
        answers.Count(answer => answer.Status == HttpStatusCode.OK).ShouldBe(3);
    }

    private static Task<Answer> BringAsync(Browser browser, Uri callback, BffHost node)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(callback) { Port = node.Address.Port }.Uri);
        request.Headers.Host = callback.Authority;
        request.Headers.Add("Accept", "text/html");
        return browser.SendAsync(request);
    }
}
