using System.Net;

namespace Bff.HostTests.Ops;

public sealed class AdminTests
{
    private const string Token = "an-ops-token-for-tests";

    [Fact]
    public async Task Sessions_are_found_by_user_newest_first_and_page_by_page()
    {
        await using var world = await World.StartAsync();
        foreach (var user in new[] { "alice", "bob", "alice" })
        {
            await world.LogInAsync(user);
            await world.AdvanceAsync(TimeSpan.FromSeconds(1));
        }

        using var ops = new OpsClient(world.Bff);
        (await ops.FindAsync()).Count.ShouldBe(3);
        (await ops.FindAsync("ali")).Count.ShouldBe(2);
        (await ops.FindAsync("nobody")).ShouldBeEmpty();

        var first = await ops.GetAsync("/sessions?take=2");
        first.Json.GetProperty("sessions").EnumerateArray().Select(session => session.GetProperty("sub").GetString()).ShouldBe(["alice", "bob"]);
        var second = await ops.GetAsync($"/sessions?take=2&after={first.Text("next")}");
        second.Json.GetProperty("sessions").GetArrayLength().ShouldBe(1);
        second.Text("next").ShouldBeNull();
    }

    [Fact]
    public async Task A_session_shows_what_is_known_of_it_and_how_its_renewals_go()
    {
        await using var world = await World.StartAsync();
        await world.LogInAsync();
        using var ops = new OpsClient(world.Bff);
        var path = "/sessions/" + (await ops.FindAsync("alice")).Single();

        var fresh = await ops.GetAsync(path);
        fresh.Text("sub").ShouldBe("alice");
        fresh.Text("renewal").ShouldBe("background");
        fresh.Json.GetProperty("createdAt").GetDateTimeOffset().ShouldBe(world.Clock.Now, TimeSpan.FromSeconds(1));
        fresh.Json.GetProperty("renewsAt").GetDateTimeOffset().ShouldBeLessThan(fresh.Json.GetProperty("accessTokenExpiresAt").GetDateTimeOffset());
        fresh.Json.GetProperty("renewals").GetInt32().ShouldBe(0);

        world.Provider.GoDown();
        await world.AdvanceAsync(world.Provider.Lifetime);

        var failing = await ops.GetAsync(path);
        failing.Json.GetProperty("failures").GetInt32().ShouldBeGreaterThan(0);
        failing.Text("lastError").ShouldNotBeNullOrEmpty();
    }

    [Fact]
    [Trait("Standard", "ASVS-5")]
    public async Task Ending_a_session_tells_its_page_why_revokes_its_refresh_token_and_is_on_record()
    {
        await using var world = await World.StartAsync(("Bff:Ops:Token", Token));
        var alice = await world.LogInAsync();
        var refreshToken = world.Provider.Grant.RefreshToken;
        await using var events = await EventReader.OpenAsync(alice);
        await events.NextAsync("session");
        using var ops = new OpsClient(world.Bff, Token);
        var handle = (await ops.FindAsync("alice")).Single();

        (await ops.DeleteAsync("/sessions/" + handle)).Status.ShouldBe(HttpStatusCode.OK);

        (await events.NextAsync("ended")).Data.GetProperty("reason").GetString().ShouldBe("ended_by_admin");
        (await alice.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
        await Eventually.HappensAsync(() => !world.Provider.Revocations.IsEmpty);
        world.Provider.Revocations.Single()["token"].ShouldBe(refreshToken);
        world.Bff.Logs.Lines.ShouldContain(line => line.StartsWith("Information Bff.Audit: ops_session_ended time=", StringComparison.Ordinal)
            && line.Contains($" session={handle} user=alice by=admin operator=ops_token address=127.0.0.1 ", StringComparison.Ordinal));
        (await ops.DeleteAsync("/sessions/" + handle)).ShouldBeProblem(404, "session_not_found");
        (await ops.GetAsync("/sessions/" + handle)).ShouldBeProblem(404, "session_not_found");
    }

    [Fact]
    [Trait("Standard", "ASVS-5")]
    public async Task All_sessions_of_a_user_end_and_nobody_elses()
    {
        await using var world = await World.StartAsync();
        var phone = await world.LogInAsync("alice");
        var desk = await world.LogInAsync("alice");
        var alicia = await world.LogInAsync("alicia");
        using var ops = new OpsClient(world.Bff);

        var ended = await ops.DeleteAsync("/sessions?user=alice");

        ended.Json.GetProperty("ended").GetInt32().ShouldBe(2);
        foreach (var browser in new[] { phone, desk }) { (await browser.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required"); }
        (await alicia.GetAsync("/api/echo")).Body.ShouldBe("alicia");
        await Eventually.HappensAsync(() => world.Provider.Revocations.Count == 2);
        world.Bff.Logs.Lines.ShouldContain(line => line.Contains("Bff.Audit: ops_sessions_ended", StringComparison.Ordinal)
            && line.Contains("count=2 user=alice by=admin operator=somebody_on_this_machine address=127.0.0.1 ", StringComparison.Ordinal));
        (await ops.DeleteAsync("/sessions")).ShouldBeProblem(400, "invalid_user");
        (await ops.DeleteAsync("/sessions?user=a%00")).ShouldBeProblem(400, "invalid_user");
    }

    [Fact]
    public async Task A_session_ends_here_though_the_provider_does_not_answer()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        using var ops = new OpsClient(world.Bff);
        var handle = (await ops.FindAsync()).Single();
        world.Provider.Faults.Hang("/revoke");

        (await world.RunAsync(ops.DeleteAsync("/sessions/" + handle))).Status.ShouldBe(HttpStatusCode.OK);

        (await alice.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
    }

    [Fact]
    public async Task A_session_is_renewed_when_asked_for_once()
    {
        await using var world = await World.StartAsync();
        await world.LogInAsync();
        using var ops = new OpsClient(world.Bff);
        var path = $"/sessions/{(await ops.FindAsync()).Single()}/renew";

        var renewed = await ops.PostAsync(path);
        renewed.Text("outcome").ShouldBe("renewed");
        renewed.Json.GetProperty("session").GetProperty("renewals").GetInt32().ShouldBe(1);
        (await ops.PostAsync(path)).Text("outcome").ShouldBe("fresh");
        world.Provider.Refreshes.ShouldBe(1);
        world.Bff.Logs.Lines.ShouldContain(
            line => line.Contains("Bff.Audit: ops_session_renewed", StringComparison.Ordinal) && line.Contains(" outcome=renewed ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_renewal_that_cannot_be_now_says_why_and_the_session_stays()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        using var ops = new OpsClient(world.Bff);
        var path = $"/sessions/{(await ops.FindAsync()).Single()}/renew";

        world.Provider.GoDown();
        (await ops.PostAsync(path)).ShouldBeProblem(503, "provider_unavailable");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task A_renewal_that_can_never_be_says_why_and_the_session_is_gone()
    {
        await using var world = await World.StartAsync();
        await world.LogInAsync();
        using var ops = new OpsClient(world.Bff);
        var path = $"/sessions/{(await ops.FindAsync()).Single()}/renew";

        world.Provider.Grant.Over = true;
        (await ops.PostAsync(path)).ShouldBeProblem(409, "session_ended");
        (await ops.PostAsync(path)).ShouldBeProblem(404, "session_not_found");
    }

    [Theory]
    [InlineData("GET", "/overview")]
    [InlineData("GET", "/sessions")]
    [InlineData("GET", "/sessions/AAAAAAAAAAAAAAAA")]
    [InlineData("DELETE", "/sessions/AAAAAAAAAAAAAAAA")]
    [InlineData("DELETE", "/sessions?user=alice")]
    [InlineData("POST", "/sessions/AAAAAAAAAAAAAAAA/renew")]
    public async Task Nothing_is_shown_or_done_without_the_token_or_for_another_site(string method, string path)
    {
        await using var world = await World.StartAsync(("Bff:Ops:Token", Token));
        var alice = await world.LogInAsync();
        using var stranger = new OpsClient(world.Bff);
        using var page = new OpsClient(world.Bff, Token, site: "same-site");

        (await AskAsync(stranger)).ShouldBeProblem(401, "ops_token_required");
        (await AskAsync(page)).ShouldBeProblem(403, "cross_site_request");
        (await alice.SendAsync(alice.Script(new HttpMethod(method), path))).Status.ShouldBe(HttpStatusCode.NotFound, "the public port knows nothing of it");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");

        Task<Answer> AskAsync(OpsClient ops) => method switch { "GET" => ops.GetAsync(path), "POST" => ops.PostAsync(path), _ => ops.DeleteAsync(path) };
    }

    [Theory]
    [InlineData("/sessions?take=0", "invalid_take")]
    [InlineData("/sessions?take=501", "invalid_take")]
    [InlineData("/sessions?after=yesterday", "invalid_after")]
    [InlineData("/sessions?after=99999999999999999.AAAAAAAAAAAAAAAA", "invalid_after")]
    [InlineData("/sessions?user=a%00b", "invalid_user")]
    public async Task A_question_that_makes_no_sense_is_refused(string path, string code)
    {
        await using var world = await World.StartAsync();
        using var ops = new OpsClient(world.Bff);
        (await ops.GetAsync(path)).ShouldBeProblem(400, code);
    }

    [Fact]
    [Trait("Standard", "ASVS-6")]
    public async Task No_answer_or_log_line_holds_a_token_a_cookie_or_what_could_become_one()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        using var ops = new OpsClient(world.Bff);
        var handle = (await ops.FindAsync("alice")).Single();
        await ops.GetAsync("/sessions/" + handle);
        await ops.PostAsync($"/sessions/{handle}/renew");
        await ops.GetAsync("/overview");
        await ops.DeleteAsync("/sessions/" + handle);
        await ops.GetAsync("/overview");

        var sid = (await alice.GetAsync("/bff/session")).Text("logoutUrl");
        sid.ShouldBeNull();
        var told = string.Join('\n', ops.Received.Select(answer => answer.Body)) + string.Join('\n', world.Bff.Logs.Lines);
        told.ShouldContain(handle);
        foreach (var secret in world.Provider.Secrets) { told.ShouldNotContain(secret.Value, customMessage: secret.Kind); }
        foreach (var answer in alice.Received.SelectMany(answer => answer.SetCookies))
        {
            told.ShouldNotContain(answer.Split('=', ';')[1] is { Length: > 8 } key ? key : "no cookie");
        }
    }
}
