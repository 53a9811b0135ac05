using System.Net;
using System.Text.Json;

namespace Bff.HostTests.Sessions;

/// <summary>A user sees their own sessions, and ends those they do not want any longer.</summary>
public sealed class UserSessionsTests
{
    [Fact]
    public async Task A_user_sees_when_each_of_their_sessions_began_and_was_used_and_nobody_elses()
    {
        await using var world = await World.StartAsync();
        var begun = world.Clock.Now;
        var (desk, bob) = (await world.LogInAsync(), await world.LogInAsync("bob"));
        await world.AdvanceAsync(TimeSpan.FromMinutes(5));
        var phone = await world.LogInAsync();
        await world.AdvanceAsync(TimeSpan.FromMinutes(5));
        await phone.GetAsync("/api/echo");

        var answer = await desk.GetAsync("/bff/sessions");

        answer.Status.ShouldBe(HttpStatusCode.OK);
        var sessions = answer.Json.GetProperty("sessions").EnumerateArray().ToList();
        sessions.Select(one => one.GetProperty("current").GetBoolean()).ShouldBe([true, false]);
        sessions.Select(one => one.GetProperty("frontEnd").GetString()).ShouldAllBe(name => name == "default");
        (sessions[0].GetProperty("createdAt").GetDateTimeOffset() - begun).ShouldBeLessThan(TimeSpan.FromMinutes(1));
        (sessions[1].GetProperty("createdAt").GetDateTimeOffset() - begun).ShouldBeGreaterThan(TimeSpan.FromMinutes(4));
        (world.Clock.Now - sessions[1].GetProperty("lastUsedAt").GetDateTimeOffset()).ShouldBeLessThan(TimeSpan.FromMinutes(1));
        (world.Clock.Now - sessions[0].GetProperty("lastUsedAt").GetDateTimeOffset()).ShouldBeGreaterThan(TimeSpan.FromMinutes(9), "asking is no use");
        sessions.Select(HandleOf).ShouldBe(HandlesIn(world, "alice"), ignoreOrder: true);
        answer.Json.GetProperty("more").GetBoolean().ShouldBeFalse();
        var grant = world.Provider.Grant;
        string[] secrets = [desk.Session!, phone.Session!, bob.Session!, grant.AccessToken!.Value, grant.RefreshToken!];
        foreach (var secret in secrets) { answer.Body.ShouldNotContain(secret); }
    }

    [Fact]
    public async Task A_user_ends_another_session_of_theirs_and_its_page_is_told_by_whom()
    {
        await using var world = await World.StartAsync();
        var (desk, phone) = (await world.LogInAsync(), await world.LogInAsync());
        var token = world.Provider.Grant.RefreshToken;
        await using var events = await EventReader.OpenAsync(phone);
        await events.NextAsync("session");

        (await EndAsync(desk, await OtherOfAsync(desk))).Status.ShouldBe(HttpStatusCode.NoContent);

        (await events.NextAsync("ended")).Data.GetProperty("reason").GetString().ShouldBe("ended_by_user");
        (await phone.GetAsync("/api/echo")).Text("reason").ShouldBe("ended_by_user");
        (await desk.GetAsync("/api/echo")).Body.ShouldBe("alice");
        (await phone.OpenAsync("/bff/silent-login")).Location!.Query.ShouldBe("?result=error&error=login_required", "its user meant it");
        world.Bff.Console.Lines.ShouldContain(line => line.Contains("by=user reason=ended_by_user address=127.0.0.1", StringComparison.Ordinal));

        await desk.PostAsync("/bff/logout");
        await world.AdvanceAsync(TimeSpan.FromMinutes(11));
        await world.SeesRevocationAsync(token);
    }

    [Fact]
    public async Task A_session_ended_at_one_node_works_at_no_other()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:CacheLifetime", "0"));
        var there = world.StartBff();
        var (desk, phone) = (await world.LogInAsync(), await world.LogInAsync(at: there));
        (await phone.GetAsync("/api/echo")).Body.ShouldBe("alice");

        (await EndAsync(desk, await OtherOfAsync(desk))).Status.ShouldBe(HttpStatusCode.NoContent);

        (await phone.GetAsync("/api/echo")).Text("reason").ShouldBe("ended_by_user");
    }

    [Fact]
    public async Task A_session_that_was_ended_sees_and_ends_no_other_though_a_node_has_a_copy_of_it()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:CacheLifetime", "00:01:00"));
        var there = world.StartBff();
        var (owner, thief) = (await world.LogInAsync(), await world.LogInAsync(at: there));
        var handle = await OtherOfAsync(thief);
        (await EndAsync(owner, await OtherOfAsync(owner))).Status.ShouldBe(HttpStatusCode.NoContent);

        foreach (var answer in new[] { await thief.GetAsync("/bff/sessions"), await EndAsync(thief, handle) })
        {
            answer.ShouldBeProblem(401, "session_required");
            answer.Text("reason").ShouldBe("ended_by_user");
        }

        (await owner.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task To_end_the_current_one_is_to_sign_out_here()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var handle = HandlesIn(world, "alice").Single();

        (await EndAsync(alice, handle)).Status.ShouldBe(HttpStatusCode.NoContent);

        alice.Session.ShouldBeNull();
        world.Sessions.ShouldBe(0);
        world.Bff.Console.Lines.ShouldContain(line => line.Contains("sign_out time=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Somebody_elses_session_and_one_that_nobody_has_get_the_same_answer()
    {
        await using var world = await World.StartAsync();
        var (alice, bob) = (await world.LogInAsync(), await world.LogInAsync("bob"));
        var his = HandlesIn(world, "bob").Single();
        var expected = await EndAsync(alice, new string('x', his.Length));
        expected.ShouldBeProblem(404, "session_not_found");

        foreach (var handle in new[] { his, "x", "%00", his + "x", "ä" + his[1..] })
        {
            var answer = await EndAsync(alice, Uri.EscapeDataString(handle));
            answer.ShouldBeProblem(404, "session_not_found");
            answer.Body.ShouldBe(expected.Body);
        }

        (await bob.GetAsync("/api/echo")).Body.ShouldBe("bob");
    }

    [Fact]
    public async Task Both_need_a_session_and_the_header_that_only_our_pages_send()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var handle = HandlesIn(world, "alice").Single();
        foreach (var (method, path) in new[] { (HttpMethod.Get, "/bff/sessions"), (HttpMethod.Delete, "/bff/sessions/" + handle) })
        {
            (await alice.SendAsync(alice.Bare(method, path))).ShouldBeProblem(403, "csrf_header_missing");
            var stranger = world.NewBrowser();
            (await stranger.SendAsync(stranger.Script(method, path))).ShouldBeProblem(401, "session_required");
        }

        (await alice.SendAsync(alice.Script(HttpMethod.Post, "/bff/sessions/" + handle))).ShouldBeProblem(405, "method_not_allowed");
        (await alice.GetAsync("/bff/sessions/" + handle + "/x")).ShouldBeProblem(404, "not_found");
        world.Sessions.ShouldBe(1);
    }

    [Fact]
    public async Task Too_many_requests_are_refused_apart_from_sign_ins()
    {
        await using var world = await World.StartAsync(("Bff:RateLimits:SignIn", "3"));
        var alice = await world.LogInAsync();
        for (var i = 0; i < 3; i++) { (await alice.GetAsync("/bff/sessions")).Status.ShouldBe(HttpStatusCode.OK); }
        (await alice.GetAsync("/bff/sessions")).ShouldBeProblem(429, "too_many_requests");
        (await alice.OpenAsync("/bff/login?login_hint=alice")).Status.ShouldBe(HttpStatusCode.Found);
    }

    [Fact]
    public async Task A_list_is_bounded_and_has_the_session_that_asks_for_it()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Execute(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)
            INSERT INTO sessions (id, sid, subject, claims, created_at, ends_at, absolute_ends_at, version, tokens, not_before, failures, lease_until, client)
            SELECT printf('%043d', i), printf('%d', i), subject, claims, created_at + i, ends_at, absolute_ends_at, version, tokens, 0, 0, 0, client
            FROM sessions, n
            """);

        var answer = await alice.GetAsync("/bff/sessions");

        answer.Json.GetProperty("sessions").GetArrayLength().ShouldBe(100);
        answer.Json.GetProperty("more").GetBoolean().ShouldBeTrue();
        answer.Json.GetProperty("sessions")[0].GetProperty("current").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task A_store_that_is_away_is_said()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await alice.GetAsync("/api/echo");
        world.Execute("ALTER TABLE sessions RENAME TO away");
        (await alice.GetAsync("/bff/sessions")).ShouldBeProblem(503, "store_unavailable");
    }

    private static Task<Answer> EndAsync(Browser browser, string handle) =>
        browser.SendAsync(browser.Script(HttpMethod.Delete, "/bff/sessions/" + handle));

    private static async Task<string> OtherOfAsync(Browser browser)
    {
        var sessions = (await browser.GetAsync("/bff/sessions")).Json.GetProperty("sessions");
        return HandleOf(sessions.EnumerateArray().Single(one => !one.GetProperty("current").GetBoolean()));
    }

    private static string HandleOf(JsonElement session) => session.GetProperty("handle").GetString()!;

    private static List<string> HandlesIn(World world, string user)
    {
        using var ops = new OpsClient(world.Bff);
        return [.. ops.FindAsync(user).GetAwaiter().GetResult()];
    }
}
