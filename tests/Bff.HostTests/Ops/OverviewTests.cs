using System.Net;
using System.Text.Json;

namespace Bff.HostTests.Ops;

public sealed class OverviewTests
{
    [Fact]
    public async Task Sign_ins_renewals_and_ends_are_counted()
    {
        await using var world = await World.StartAsync();
        using var ops = new OpsClient(world.Bff);
        var alice = await world.LogInAsync("alice");
        await world.LogInAsync("bob");
        (await LookAsync(ops)).GetProperty("active").GetInt64().ShouldBe(2);

        await world.AdvanceAsync(world.Provider.Lifetime);
        await alice.PostAsync("/bff/logout");

        var now = await LookAsync(ops);
        Sum(now, "started").ShouldBe(2);
        Sum(now, "renewed").ShouldBe(2);
        Sum(now, "ended").ShouldBe(1);
        Sum(now, "failed").ShouldBe(0);
        now.GetProperty("active").GetInt64().ShouldBe(1);
        now.GetProperty("upcoming").EnumerateArray().Sum(step => step.GetInt64()).ShouldBe(1);
        now.GetProperty("ends")[0].GetProperty("reason").GetString().ShouldBe("signed_out");
        now.GetProperty("ready").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task An_outage_of_the_provider_shows_as_failures_and_an_open_breaker_and_then_as_late_renewals()
    {
        await using var world = await World.StartAsync();
        using var ops = new OpsClient(world.Bff);
        for (var i = 0; i < 6; i++) { await world.LogInAsync("alice"); }
        world.Provider.GoDown();

        await world.AdvanceUntilAsync(() => world.Bff.LeavesProviderAlone, within: TimeSpan.FromMinutes(5));
        var down = await LookAsync(ops);
        down.GetProperty("breaker").GetString().ShouldBe("open");
        Sum(down, "failed").ShouldBeGreaterThan(0);

        world.Provider.ComeBack();
        await world.AdvanceAsync(TimeSpan.FromMinutes(2));
        var back = await LookAsync(ops);
        back.GetProperty("breaker").GetString().ShouldBe("closed");
        Sum(back, "renewed").ShouldBeGreaterThanOrEqualTo(6);
    }

    [Fact]
    public async Task Sessions_that_time_out_are_among_the_ends()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:IdleTimeout", "00:02:00"));
        using var ops = new OpsClient(world.Bff);
        await world.LogInAsync("alice");
        await world.LogInAsync("bob");

        await world.AdvanceAsync(TimeSpan.FromMinutes(4));
        await Eventually.HappensAsync(() => world.Sessions == 0);

        await Eventually.HappensAsync(async () => Sum(await LookAsync(ops), "ended") == 2);
        (await LookAsync(ops)).GetProperty("ends").EnumerateArray().ShouldAllBe(end => end.GetProperty("reason").GetString() == "idle_timeout");
    }

    [Fact]
    public async Task The_picture_reaches_back_a_quarter_of_an_hour_and_no_further()
    {
        await using var world = await World.StartAsync();
        using var ops = new OpsClient(world.Bff);
        await world.LogInAsync();
        for (var minute = 0; minute < 20; minute++)
        {
            world.Clock.Advance(TimeSpan.FromMinutes(1));
            await Eventually.ShortlyAsync();
        }

        (await LookAsync(ops)).GetProperty("history").GetArrayLength().ShouldBeLessThanOrEqualTo(91);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_shows_and_the_page_still_loads()
    {
        await using var world = await World.StartAsync();
        using var ops = new OpsClient(world.Bff);
        world.Execute("ALTER TABLE sessions RENAME TO hidden");

        var now = await LookAsync(ops);
        now.GetProperty("checks").GetProperty("store").GetProperty("healthy").GetBoolean().ShouldBeFalse();
        now.TryGetProperty("active", out _).ShouldBeFalse();
        (await ops.GetAsync("/")).Status.ShouldBe(HttpStatusCode.OK);

        world.Execute("ALTER TABLE hidden RENAME TO sessions");
        (await LookAsync(ops)).GetProperty("active").GetInt64().ShouldBe(0);
    }

    [Fact]
    public async Task The_page_is_there_for_everybody_under_a_strict_policy_and_holds_nothing()
    {
        await using var world = await World.StartAsync(("Bff:Ops:Token", "an-ops-token-for-tests"));
        using var ops = new OpsClient(world.Bff);

        var page = await ops.GetAsync("/");
        page.Status.ShouldBe(HttpStatusCode.OK);
        page.Header("Content-Type").ShouldBe("text/html");
        page.Header("Content-Security-Policy")!.ShouldContain("script-src 'self'");
        page.Header("Content-Security-Policy")!.ShouldNotContain("unsafe");
        foreach (var file in new[] { "/ops.js", "/ops.css", "/uplot.js", "/uplot.css" }) { (await ops.GetAsync(file)).Status.ShouldBe(HttpStatusCode.OK, file); }
        page.Body.ShouldNotContain("<script>");
        page.Body.ShouldNotContain("style=");
        (await ops.GetAsync("/overview")).ShouldBeProblem(401, "ops_token_required");
    }

    private static async Task<JsonElement> LookAsync(OpsClient ops)
    {
        var answer = await ops.GetAsync("/overview");
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return answer.Json;
    }

    private static int Sum(JsonElement overview, string what) => overview.GetProperty("history").EnumerateArray().Sum(moment => moment.GetProperty(what).GetInt32());
}
