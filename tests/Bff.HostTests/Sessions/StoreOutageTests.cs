using System.Net;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Sql;
using Microsoft.Extensions.DependencyInjection;

namespace Bff.HostTests.Sessions;

/// <summary>The store is away: weather, not an error of anybody's.</summary>
public sealed class StoreOutageTests
{
    private static readonly (string, string?) LongCopies = ("Bff:Sessions:CacheLifetimeDuringOutage", "00:10:00");

    [Fact]
    [Trait("Standard", "ASVS-15")]
    public async Task Copies_serve_for_their_life_then_every_answer_says_that_the_store_is_away_and_when_to_ask_again()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        var before = world.Bff.Logs.Lines.Count;
        Hide(world);

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Clock.Advance(TimeSpan.FromSeconds(6));
        foreach (var path in new[] { "/api/echo", "/bff/session", "/bff/user", "/bff/events" })
        {
            var answer = await alice.GetAsync(path);
            answer.ShouldBeProblem(503, "store_unavailable");
            answer.Header("Retry-After").ShouldBe("2");
            answer.Header("Access-Control-Allow-Origin").ShouldBe(Browser.SpaOrigin, "a script could not read it else");
        }

        (await alice.PostAsync("/bff/renew")).ShouldBeProblem(503, "store_unavailable");
        (await alice.PostAsync("/bff/logout")).ShouldBeProblem(503, "store_unavailable");
        Show(world);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");

        var lines = world.Bff.Logs.Lines.Skip(before).ToList();
        lines.Count(line => line.Contains("The session store cannot be used", StringComparison.Ordinal)).ShouldBe(1);
        lines.ShouldNotContain(line => line.Contains("   at ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Copies_serve_longer_where_that_is_wished_but_a_sign_out_that_this_node_knows_of_counts_at_once()
    {
        await using var world = await World.StartAsync(LongCopies);
        world.Provider.Lifetime = TimeSpan.FromHours(1);
        var (alice, bob) = (await world.LogInAsync(), await world.LogInAsync("bob"));
        await alice.GetAsync("/api/echo");
        await bob.GetAsync("/api/echo");
        Hide(world);
        world.Clock.Advance(TimeSpan.FromMinutes(5));

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        (await alice.PostAsync("/bff/logout")).ShouldBeProblem(503, "store_unavailable");
        (await alice.GetAsync("/api/echo")).ShouldBeProblem(503, "store_unavailable");
        (await bob.GetAsync("/api/echo")).Body.ShouldBe("bob");
        world.Clock.Advance(TimeSpan.FromMinutes(6));
        (await bob.GetAsync("/api/echo")).ShouldBeProblem(503, "store_unavailable");

        Show(world);
        (await alice.PostAsync("/bff/logout")).Status.ShouldBe(HttpStatusCode.OK);
        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_token_that_cannot_be_renewed_because_of_the_store_is_not_the_providers_fault_and_asks_it_nothing()
    {
        await using var world = await World.StartAsync(LongCopies);
        world.Provider.Lifetime = TimeSpan.FromMinutes(1);
        var alice = await world.LogInAsync();
        await alice.GetAsync("/api/echo");
        Hide(world);
        world.Clock.Advance(TimeSpan.FromSeconds(61));

        (await alice.GetAsync("/api/echo")).ShouldBeProblem(503, "store_unavailable");

        world.Provider.Refreshes.ShouldBe(0);
        Show(world);
        await Eventually.HappensAsync(async () =>
        {
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            return (await alice.GetAsync("/api/echo")).Status == HttpStatusCode.OK;
        });
        world.Provider.Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task What_asks_for_no_session_is_served_whatever_cookie_comes_along()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        Hide(world);
        world.Clock.Advance(TimeSpan.FromSeconds(6));

        (await alice.GetAsync("/plain/x")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Nobody_is_sent_to_the_provider_while_nothing_can_be_written_and_a_silent_page_is_told()
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");
        world.Execute("ALTER TABLE used_once RENAME TO away");
        (await alice.StepAsync(callback, accept: "*/*")).ShouldBeProblem(503, "store_unavailable");

        (await alice.StepAsync("/bff/login", accept: "*/*")).ShouldBeProblem(503, "store_unavailable");
        (await alice.StepAsync("/bff/silent-login")).Location!.Query.ShouldContain("error=temporarily_unavailable");

        world.Execute("ALTER TABLE away RENAME TO used_once");
        await Eventually.HappensAsync(async () =>
        {
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            return (await alice.StepAsync("/bff/login")).Location?.AbsoluteUri.StartsWith(world.Provider.Issuer, StringComparison.Ordinal) == true;
        });
        (await alice.StepAsync(callback)).Status.ShouldBe(HttpStatusCode.Found);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Theory]
    [InlineData("ends_at = 9223372036854775807")]
    [InlineData("tokens = NULL")]
    [InlineData("tokens = x'00'")]
    [InlineData("claims = '[null, {\"Type\": null}]', tokens = x'01'")]
    public async Task A_session_that_cannot_be_read_is_signed_out_and_can_sign_in_again(string damage)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Execute(
            "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'tokens           BLOB NOT NULL', 'tokens BLOB') WHERE name = "
            + "'sessions'; PRAGMA writable_schema = RESET");
        world.Execute($"UPDATE sessions SET {damage}");
        world.Clock.Advance(TimeSpan.FromSeconds(6));

        (await alice.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
        (await alice.GetAsync("/bff/session")).Json.GetProperty("isLoggedIn").GetBoolean().ShouldBeFalse();
        await alice.OpenAsync("/bff/login?login_hint=alice");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task A_file_that_is_locked_keeps_nobody_waiting()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:StoreTimeout", "00:00:00.5"));
        var alice = await world.LogInAsync();
        world.Execute("BEGIN EXCLUSIVE");

        for (var call = 0; call < StoreHealth.Threshold; call++) { (await alice.PostAsync("/bff/renew")).ShouldBeProblem(503, "store_unavailable"); }
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Provider.Refreshes.ShouldBe(0);

        world.Execute("ROLLBACK");
        await Eventually.HappensAsync(async () =>
        {
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            return (await alice.PostAsync("/bff/renew")).Status == HttpStatusCode.OK;
        });
    }

    [Fact]
    public async Task A_file_that_was_deleted_is_brought_back_with_all_that_was_in_it()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        foreach (var file in new[] { "", "-wal", "-shm" }) { File.Delete(world.DatabaseFile + file); }

        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);

        File.Exists(world.DatabaseFile).ShouldBeTrue();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        await world.RestartBffAsync();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Provider.Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task A_file_that_was_moved_away_and_back_is_used_again()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        File.Move(world.DatabaseFile, world.DatabaseFile + ".elsewhere");
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK, "a copy is in its place");
        File.Move(world.DatabaseFile + ".elsewhere", world.DatabaseFile + ".old");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Theory]
    [InlineData("false", HttpStatusCode.ServiceUnavailable)]
    [InlineData("true", HttpStatusCode.OK)]
    public async Task Readiness_goes_with_the_store_or_with_the_copies_where_that_is_wished(string readyWithoutStore, HttpStatusCode status)
    {
        await using var world = await World.StartAsync(LongCopies, ("Bff:Ops:ReadyWithoutStore", readyWithoutStore));
        using var http = new HttpClient();
        var ready = new Uri(world.Bff.OpsAddress, "/readyz");
        (await http.GetAsync(ready)).StatusCode.ShouldBe(HttpStatusCode.OK);
        Hide(world);

        var first = await http.GetAsync(ready);
        first.StatusCode.ShouldBe(status);
        (await first.Content.ReadAsStringAsync()).ShouldContain("no such table");
        world.Clock.Advance(TimeSpan.FromMinutes(11));
        (await http.GetAsync(ready)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        Show(world);
        (await http.GetAsync(ready)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_store_that_can_be_read_and_not_written_is_not_ready()
    {
        await using var world = await World.StartAsync();
        using var http = new HttpClient();
        world.Execute("CREATE TRIGGER full BEFORE INSERT ON used_once BEGIN SELECT RAISE(FAIL, 'disk full'); END");

        var ready = await http.GetAsync(new Uri(world.Bff.OpsAddress, "/readyz"));

        ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await ready.Content.ReadAsStringAsync()).ShouldContain("disk full");
    }

    [Fact]
    public async Task Who_is_signed_in_is_served_though_the_provider_is_away_at_the_start()
    {
        await using var world = await World.StartAsync();
        world.Provider.Lifetime = TimeSpan.FromHours(1);
        var alice = await world.LogInAsync();
        world.Provider.GoDown();
        await world.RestartBffAsync();
        using var http = new HttpClient();

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        var ready = await http.GetAsync(new Uri(world.Bff.OpsAddress, "/readyz"));

        ready.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ready.Content.ReadAsStringAsync()).ShouldContain("Nobody can sign in");
    }

    [Fact]
    public async Task The_health_of_the_store_tells_since_when_and_why()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var health = world.Bff.Services.GetRequiredService<StoreHealth>();
        health.IsAway.ShouldBeFalse();
        Hide(world);
        world.Clock.Advance(TimeSpan.FromSeconds(6));
        await alice.GetAsync("/api/echo");

        (health.IsAway, health.Since).ShouldBe((true, world.Clock.Now));
        health.LastError!.ShouldContain("no such table");
        Show(world);
        await alice.GetAsync("/api/echo");
        health.IsAway.ShouldBeFalse();
    }

    private static void Hide(World world) => world.Execute("ALTER TABLE sessions RENAME TO hidden");

    private static void Show(World world) => world.Execute("ALTER TABLE hidden RENAME TO sessions");
}
