using System.Net;
using System.Security.Cryptography.X509Certificates;
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

        await world.AdvanceAsync(world.Provider.Lifetime);
        await alice.PostAsync("/bff/logout");

        var now = await LookAsync(ops);
        Sum(now, "started").ShouldBe(2);
        Sum(now, "renewed").ShouldBe(2);
        Sum(now, "ended").ShouldBe(1);
        Sum(now, "failed").ShouldBe(0);
        now.GetProperty("upcoming").EnumerateArray().Sum(step => step.GetInt64()).ShouldBe(1);
        now.GetProperty("ends")[0].GetProperty("reason").GetString().ShouldBe("signed_out");
        now.GetProperty("ready").GetBoolean().ShouldBeTrue();

        world.Clock.Advance(TimeSpan.FromSeconds(10));
        await Eventually.HappensAsync(async () => (await LookAsync(ops)).GetProperty("active").GetInt64() == 1);
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
    public async Task Calls_are_told_by_route_with_their_failures_and_how_long_they_took()
    {
        await using var world = await World.StartAsync();
        using var ops = new OpsClient(world.Bff);
        var alice = await world.LogInAsync();
        for (var call = 0; call < 4; call++) { await alice.GetAsync("/api/echo"); }
        await alice.SendAsync(alice.Bare(HttpMethod.Get, "/api/echo"));
        world.Api.Answers = context => context.Response.StatusCode = 500;
        for (var call = 0; call < 5; call++) { await alice.GetAsync("/api/echo"); }

        await Eventually.HappensAsync(async () => Route(await LookAsync(ops), "api").GetProperty("calls").GetInt32() == 10);
        var now = await LookAsync(ops);
        var calls = Route(now, "api");
        (calls.GetProperty("clientErrors").GetInt32(), calls.GetProperty("serverErrors").GetInt32()).ShouldBe((1, 5));
        calls.TryGetProperty("p95", out _).ShouldBeTrue();
        Codes(now).ShouldBe(["calls_failing"]);
        now.GetProperty("ready").GetBoolean().ShouldBeTrue();
        now.GetProperty("clusters")[0].GetProperty("destinations")[0].GetProperty("isUsed").GetBoolean().ShouldBeTrue();

        world.Clock.Advance(TimeSpan.FromMinutes(6));
        Route(await LookAsync(ops), "api").GetProperty("calls").GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task Users_whose_token_has_expired_are_told_with_what_the_provider_said_last_and_the_next_probe()
    {
        await using var world = await World.StartAsync();
        using var ops = new OpsClient(world.Bff);
        for (var user = 0; user < 6; user++) { await world.LogInAsync("user-" + user); }
        Codes(await LookAsync(ops)).ShouldBeEmpty();
        world.Provider.GoDown();
        await world.AdvanceAsync(world.Provider.Lifetime + TimeSpan.FromSeconds(20));

        var down = await LookAsync(ops);
        down.GetProperty("expired").GetInt64().ShouldBe(6);
        down.GetProperty("late").GetInt64().ShouldBe(6);
        down.GetProperty("expiredSince").GetDateTimeOffset().ShouldBeLessThan(world.Clock.Now);
        down.GetProperty("providerFailure").GetProperty("endpoint").GetString().ShouldBe("token");
        down.GetProperty("providerFailure").GetProperty("detail").GetString().ShouldBe("503");
        down.TryGetProperty("nextProbeAt", out _).ShouldBeTrue();
        Codes(down).ShouldBe(["tokens_expired", "provider_away"]);

        var found = (await ops.GetAsync("/sessions?troubled=true")).Json.GetProperty("sessions");
        found.GetArrayLength().ShouldBe(6);
        found[0].GetProperty("overdueSince").GetDateTimeOffset().ShouldBeLessThan(found[0].GetProperty("accessTokenExpiresAt").GetDateTimeOffset());

        world.Provider.ComeBack();
        await world.AdvanceAsync(TimeSpan.FromMinutes(2));
        await Eventually.HappensAsync(async () => (await LookAsync(ops)).GetProperty("ready").GetBoolean(), "the probe of that time has its response");
        var back = await LookAsync(ops);
        (back.GetProperty("expired").GetInt64(), back.GetProperty("late").GetInt64()).ShouldBe((0, 0));
        Codes(back).ShouldBeEmpty();
        (await ops.GetAsync("/sessions?troubled=true")).Json.GetProperty("sessions").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task In_an_outage_of_the_store_nobody_is_told_that_nobody_is_signed_in()
    {
        await using var world = await World.StartAsync();
        using var ops = new OpsClient(world.Bff);
        await world.LogInAsync();
        world.Execute("ALTER TABLE sessions RENAME TO hidden");
        await world.AdvanceAsync(TimeSpan.Zero);
        world.Clock.Advance(TimeSpan.FromSeconds(11));
        await Eventually.HappensAsync(async () => (await LookAsync(ops)).TryGetProperty("storeAwaySince", out _));

        Codes(await LookAsync(ops))[0].ShouldBe("store_away");
        (await ops.GetAsync("/sessions")).ShouldBeProblem(503, "store_unavailable");
        world.Execute("ALTER TABLE hidden RENAME TO sessions");
    }

    [Theory]
    [InlineData("Kestrel:Certificates:Other", "Kestrel:Certificates:Other:Path")]
    [InlineData("Bff:Oidc:ClientCertificate", "Bff:Oidc:ClientCertificateFile")]
    public async Task A_certificate_near_its_end_is_told(string named, string file)
    {
        using var authority = new Authority("an authority");
        using var folder = new TemporaryFolder();
        using var certificate = authority.Issue("bff");
        using var key = certificate.GetECDsaPrivateKey()!;
        await using var world = await World.StartAsync(
            (file, folder.Write("certificate.pem", certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem())));
        using var ops = new OpsClient(world.Bff);

        var now = await LookAsync(ops);
        now.GetProperty("certificates")[0].GetProperty("key").GetString().ShouldBe(named);
        Codes(now).ShouldContain("certificate_ends");
        now.GetProperty("configuration").GetProperty("state").GetString().ShouldBe("in_use");
    }

    [Fact]
    [Trait("Standard", "BBA-21")]
    public async Task The_page_is_there_for_everybody_under_a_strict_policy_and_holds_nothing()
    {
        await using var world = await World.StartAsync(("Bff:Ops:Token", "an-ops-token-for-tests"));
        using var ops = new OpsClient(world.Bff);

        var page = await ops.GetAsync("/");
        page.Status.ShouldBe(HttpStatusCode.OK);
        page.Header("Content-Type").ShouldBe("text/html");
        page.Header("Content-Security-Policy")!.ShouldContain("script-src 'self'");
        page.Header("Content-Security-Policy")!.ShouldNotContain("unsafe");
        foreach (var file in new[] { "/ops.js", "/ops.css", "/uplot.js", "/uplot.css" })
        {
            (await ops.GetAsync(file)).Status.ShouldBe(HttpStatusCode.OK, file);
        }
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

    private static JsonElement Route(JsonElement overview, string id) =>
        overview.GetProperty("routes").EnumerateArray().Single(route => route.GetProperty("id").GetString() == id).GetProperty("calls");

    private static List<string> Codes(JsonElement overview) =>
        [.. overview.GetProperty("troubles").EnumerateArray().Select(trouble => trouble.GetProperty("code").GetString()!)];

    private static int Sum(JsonElement overview, string what) =>
        overview.GetProperty("history").EnumerateArray().Sum(moment => moment.GetProperty(what).GetInt32());
}
