using System.Net;

namespace Bff.HostTests.Sessions;

/// <summary>A page that asks late is told why its session ended, too: it was asleep, or the node it asks was not told, or had not started.</summary>
public sealed class EndReasonTests
{
    private static readonly (string, string?)[] Short = [("Bff:Sessions:IdleTimeout", "00:10:00"), ("Bff:Sessions:AbsoluteTimeout", "00:30:00")];

    /// <summary>
    /// A cookie comes back to each tab of a browser until something replaces it; a sign-out takes it away, and another tab may have sent it before.
    /// </summary>
    private static readonly Dictionary<string, Func<World, Browser, Task>> Ends = new()
    {
        ["idle_timeout"] = (world, _) => world.AdvanceAsync(TimeSpan.FromMinutes(10)),
        ["absolute_timeout"] = async (world, alice) =>
        {
            for (var minutes = 0; minutes < 30; minutes += 5)
            {
                await alice.GetAsync("/api/echo");
                await world.AdvanceAsync(TimeSpan.FromMinutes(5));
            }
        },
        ["ended_by_admin"] = async (world, _) =>
        {
            using var ops = new OpsClient(world.Bff);
            ((int)(await ops.DeleteAsync("/sessions?user=alice")).Status).ShouldBeInRange(200, 204);
        },
        ["signed_out"] = async (world, alice) => (await KeepingItsCookieAsync(alice, () => alice.PostAsync("/bff/logout"))).Status.ShouldBe(HttpStatusCode.OK),
        ["replaced"] = async (_, alice) =>
            (await KeepingItsCookieAsync(alice, () => alice.OpenAsync("/bff/login?login_hint=alice"))).Status.ShouldBe(HttpStatusCode.Found),
        ["session_ended"] = async (world, alice) =>
        {
            world.Provider.Grant.Over = true;
            (await alice.PostAsync("/bff/renew")).Text("reason").ShouldBe("session_ended");
        },
    };

    public static TheoryData<string> Reasons => [.. Ends.Keys];

    [Theory]
    [MemberData(nameof(Reasons))]
    [Trait("Standard", "WILD-8")]
    public async Task Whoever_asks_late_is_told_why_the_session_ended_at_every_place_that_says_that_it_did(string reason)
    {
        await using var world = await World.StartAsync(Short);
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/bff/session")).Text("reason").ShouldBeNull();

        await Ends[reason](world, alice);

        await ToldAsync();
        await world.AdvanceAsync(TimeSpan.FromMinutes(2));   // swept
        await ToldAsync();
        await world.RestartBffAsync();
        await ToldAsync();
        (await world.NewBrowser().GetAsync("/bff/session")).Text("reason").ShouldBeNull("somebody else's browser");
        (await world.NewBrowser().GetAsync("/api/echo")).Text("reason").ShouldBeNull();

        async Task ToldAsync()
        {
            var session = await alice.GetAsync("/bff/session");
            session.Json.GetProperty("isLoggedIn").GetBoolean().ShouldBeFalse();
            session.Text("reason").ShouldBe(reason);
            foreach (var path in new[] { "/api/echo", "/bff/user", "/bff/events" })
            {
                var refused = await alice.GetAsync(path);
                refused.ShouldBeProblem(401, "session_required");
                refused.Text("reason").ShouldBe(reason, path);
            }

            (await alice.PostAsync("/bff/renew")).Text("reason").ShouldBe(reason);
        }
    }

    [Fact]
    public async Task What_is_remembered_of_an_ended_session_is_its_reason()
    {
        await using var world = await World.StartAsync(Short);
        var alice = await world.LogInAsync();
        var words =
            new[] { "alice", alice.Session!, world.Provider.Grant.RefreshToken!, (await alice.GetAsync("/bff/session")).Text("logoutUrl")!.Split('=')[1] };
        await Ends["ended_by_admin"](world, alice);

        world.Sessions.ShouldBe(0);
        using var ops = new OpsClient(world.Bff);
        (await ops.FindAsync()).ShouldBeEmpty();
        world.Ask("SELECT COUNT(*) FROM ends").ShouldBe(1);
        foreach (var word in words) { world.Ask($"SELECT COUNT(*) FROM ends WHERE instr(id || client || reason, '{word}') > 0").ShouldBe(0, word); }
    }

    [Fact]
    public async Task A_reason_that_cannot_be_found_out_is_left_out_and_nothing_else_fails_for_it()
    {
        await using var world = await World.StartAsync(Short);
        var alice = await world.LogInAsync();
        await Ends["ended_by_admin"](world, alice);
        world.Execute("ALTER TABLE ends RENAME TO away");

        var session = await alice.GetAsync("/bff/session");
        session.Status.ShouldBe(HttpStatusCode.OK);
        session.Json.GetProperty("isLoggedIn").GetBoolean().ShouldBeFalse();
        session.Text("reason").ShouldBeNull();
        foreach (var path in new[] { "/api/echo", "/bff/user", "/bff/events" }) { (await alice.GetAsync(path)).ShouldBeProblem(401, "session_required"); }
        (await alice.PostAsync("/bff/renew")).ShouldBeProblem(401, "session_required");
        (await alice.StepAsync("/bff/silent-login")).Location!.Query.ShouldBe("?result=error&error=temporarily_unavailable", "it may have been meant to end");
    }

    [Fact]
    public async Task A_node_that_renews_for_a_session_which_ended_meanwhile_says_why()
    {
        await using var world = await World.StartAsync(Short);
        var alice = await world.LogInAsync();
        await alice.GetAsync("/api/echo");   // this node has a copy
        world.Execute("UPDATE sessions SET ends_at = 1");   // as another node with a shorter IdleTimeout would
        (await alice.PostAsync("/bff/renew")).Text("reason").ShouldBe("idle_timeout");
    }

    [Fact]
    public async Task A_node_with_a_copy_of_a_session_that_another_has_ended_does_not_keep_it_alive()
    {
        await using var world = await World.StartAsync(Short);
        var alice = await world.LogInAsync();
        await world.AdvanceAsync(TimeSpan.FromMinutes(2));
        await alice.GetAsync("/bff/session");   // this node has a copy
        world.Execute("INSERT INTO ends SELECT id, client, 'ended_by_admin', 9999999999999 FROM sessions");
        world.Execute("DELETE FROM sessions");

        var session = await alice.GetAsync("/bff/session?slide=true");

        session.Json.GetProperty("isLoggedIn").GetBoolean().ShouldBeFalse();
        session.Text("reason").ShouldBe("ended_by_admin");
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public async Task Only_what_nobody_meant_to_end_comes_back_by_a_silent_sign_in(string reason)
    {
        await using var world = await World.StartAsync(Short);
        var alice = await world.LogInAsync();
        var old = alice.Session!;
        await Ends[reason](world, alice);
        alice.Cookies.Take("localhost", [$"{Browser.SessionCookie}={old}; Path=/; Secure; HttpOnly"]);
        var asked = world.Provider.Authorizations.Count;

        var end = await alice.OpenAsync("/bff/silent-login");

        if (reason == "session_ended") { world.Provider.Authorizations.Count.ShouldBe(asked + 1); }
        else
        {
            end.Location!.Query.ShouldBe("?result=error&error=login_required");
            world.Provider.Authorizations.Count.ShouldBe(asked);
        }

        // A first visit.
        alice.Cookies.Remove(Browser.SessionCookie);
        world.Provider.Grant.Over = false;
        (await alice.OpenAsync("/bff/silent-login")).Location!.Query.ShouldBe("?result=ok");
    }

    private static async Task<Answer> KeepingItsCookieAsync(Browser browser, Func<Task<Answer>> act)
    {
        var key = browser.Session!;
        var answer = await act();
        browser.Cookies.Take("localhost", [$"{Browser.SessionCookie}={key}; Path=/; Secure; HttpOnly"]);
        return answer;
    }
}
