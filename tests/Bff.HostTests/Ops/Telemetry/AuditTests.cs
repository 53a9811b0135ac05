using System.Text.Json;

namespace Bff.HostTests.Ops.Telemetry;

public sealed class AuditTests
{
    [Fact]
    public async Task A_sign_in_names_the_user_and_a_sign_out_the_same_session()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await alice.OpenAsync((await alice.GetAsync("/bff/session")).Text("logoutUrl")!);

        var lines = Lines(world).Where(line => line.Event is not "key_added").ToList();
        lines.Select(line => line.Event).ShouldBe(["sign_in", "sign_out"]);
        lines[0].Of("User").ShouldBe("alice");
        lines[1].Of("By").ShouldBe("user");
        lines[1].Of("Session").ShouldBe(lines[0].Of("Session"));
        lines.Select(line => line.Of("Address")).ShouldBe(["127.0.0.1", "127.0.0.1"]);
        lines.Select(line => (line.Of("FrontEnd"), line.Of("Provider"))).ShouldBe([("default", "default"), ("default", "default")]);
    }

    [Fact]
    public async Task A_second_sign_in_of_one_browser_replaces_the_first_session()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await alice.OpenAsync("/bff/login?login_hint=alice");

        var ended = Lines(world).Single(line => line.Event == "session_ended");
        (ended.Of("By"), ended.Of("Reason")).ShouldBe(("replaced", "replaced"));
    }

    [Fact]
    public async Task A_renewal_the_provider_rejects_ends_the_session_by_the_provider()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Grant.Over = true;
        await alice.PostAsync("/bff/renew");

        Lines(world).Single(line => line.Event == "renewal_rejected").Of("Error").ShouldBe("invalid_grant");
        Lines(world).Single(line => line.Event == "session_ended").Of("By").ShouldBe("provider");
    }

    [Fact]
    public async Task A_session_that_runs_out_ends_by_timeout()
    {
        await using var world = await World.StartAsync(("Bff:Sessions:IdleTimeout", "00:10:00"));
        await world.LogInAsync();
        await world.AdvanceAsync(TimeSpan.FromMinutes(12));

        await Eventually.HappensAsync(() => Lines(world).Any(line => line.Event == "session_ended"));
        var ended = Lines(world).Single(line => line.Event == "session_ended");
        (ended.Of("By"), ended.Of("Reason")).ShouldBe(("timeout", "idle_timeout"));
    }

    [Fact]
    public async Task A_sign_in_that_fails_is_an_event_with_its_reason_and_the_clients_address()
    {
        await using var world = await World.StartAsync(World.BehindProxy());
        world.Provider.AuthorizeError = "access_denied";
        await world.NewBrowser().OpenAsync("/bff/login?login_hint=alice");
        var forged = world.NewBrowser().Bare(HttpMethod.Get, "/signin-oidc?code=stolen-code&state=planted-state");
        forged.Headers.Add("X-Forwarded-For", "203.0.113.7");
        await world.NewBrowser().SendAsync(forged);

        var failed = Lines(world).Where(line => line.Event == "sign_in_failed").ToList();
        failed.Select(line => line.Of("Reason")).ShouldBe(["access_denied", "invalid_state"]);
        failed.Select(line => line.Of("Address")).ShouldBe(["127.0.0.1", "203.0.113.7"]);
        world.Bff.Console.Lines.ShouldNotContain(line => line.Contains("stolen-code") || line.Contains("planted-state"));
    }

    [Fact]
    public async Task An_address_that_no_trusted_proxy_forwards_is_not_believed()
    {
        await using var world = await World.StartAsync();
        var forged = world.NewBrowser().Bare(HttpMethod.Get, "/signin-oidc?code=x&state=y");
        forged.Headers.Add("X-Forwarded-For", "203.0.113.7");
        await world.NewBrowser().SendAsync(forged);
        Lines(world).Single(line => line.Event == "sign_in_failed").Of("Address").ShouldBe("127.0.0.1");
    }

    [Fact]
    public async Task Sign_ins_that_strangers_let_fail_fill_no_log()
    {
        await using var world = await World.StartAsync(("Bff:Ops:Token", "an-ops-token-for-tests"));
        var stranger = world.NewBrowser();
        for (var call = 0; call < 70; call++) { await stranger.StepAsync("/signin-oidc?code=x&state=y"); }
        Lines(world).Count(line => line.Event == "sign_in_failed").ShouldBe(60);
        using var ops = new OpsClient(world.Bff, "guessed-token-of-somebody");
        (await ops.GetAsync("/sessions")).Status.ShouldBe(System.Net.HttpStatusCode.Unauthorized);
        Lines(world).Count(line => line.Event == "ops_refused").ShouldBe(1);

        world.Clock.Advance(TimeSpan.FromMinutes(2));
        await world.LogInAsync();   // the flood is over, and any line tells of it
        var leftOut = Lines(world).Single(line => line.Event == "left_out");
        (leftOut.State.GetProperty("Count").GetInt32(), leftOut.Of("Of")).ShouldBe((10, "sign_in_failed"));
    }

    [Fact]
    public async Task Every_line_has_one_grammar_an_id_of_its_own_and_the_time()
    {
        await using var world = await World.StartAsync(("Bff:Ops:Token", "an-ops-token-for-tests"));
        world.Provider.ShapeIdToken = claims => claims["sub"] = "alice smith=admin\nsign_out session=forged";
        await world.LogInAsync();
        using var ops = new OpsClient(world.Bff, "an-ops-token-for-tests");
        using var stranger = new OpsClient(world.Bff, "guessed-token-of-somebody");
        await ops.FindAsync();
        (await stranger.GetAsync("/sessions")).Status.ShouldBe(System.Net.HttpStatusCode.Unauthorized);
        await ops.DeleteAsync("/sessions/" + (await ops.FindAsync()).Single());

        var lines = world.Bff.Console.Lines.Select(line => JsonDocument.Parse(line).RootElement).Where(
            line => line.GetProperty("Category").GetString() == "Bff.Audit").ToList();
        foreach (var line in lines)
        {
            line.GetProperty("Message").GetString()!.ShouldMatch(@"^[a-z_]+ time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z( [a-z_]+=[^\s]+)*$");
            line.GetProperty("EventId").GetInt32().ShouldBeGreaterThan(0);
        }

        lines.GroupBy(line => line.GetProperty("EventId").GetInt32()).ShouldAllBe(
            same => same.Select(line => line.GetProperty("State").GetProperty("Event").GetString()).Distinct().Count() == 1);
        var ended = Lines(world).Single(line => line.Event == "ops_session_ended");
        (ended.Of("By"), ended.Of("Operator"), ended.Of("Address")).ShouldBe(("admin", "ops_token", "127.0.0.1"));
        Lines(world).Single(line => line.Event == "ops_refused").Of("Reason").ShouldBe("ops_token_required");
    }

    [Fact]
    public async Task A_new_key_is_told()
    {
        await using var world = await World.StartAsync();
        Lines(world).Single(line => line.Event == "key_added").Of("Key").ShouldNotBeNullOrEmpty();
    }

    private sealed record Line(JsonElement State)
    {
        public string Event => Of("Event")!;

        public string? Of(string name) => State.GetProperty(name).GetString();
    }

    private static List<Line> Lines(World world) => [.. world.Bff.Console.Lines.Select(line => JsonDocument.Parse(line).RootElement)
        .Where(line => line.GetProperty("Category").GetString() == "Bff.Audit").Select(line => new Line(line.GetProperty("State")))];
}
