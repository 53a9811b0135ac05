using System.Net;
using System.Text.Json;
using Bff.HostTests.Ops.Telemetry;

namespace Bff.HostTests.Ops;

/// <summary>What operators are told where there are two front ends and two providers: of which one something is.</summary>
[Collection(nameof(OneHostOnly))]
public sealed class PlacesTests
{
    [Fact]
    public async Task A_session_says_its_front_end_and_provider_and_is_found_by_them()
    {
        await using var world = await StartAsync();
        await world.LogInAsync();
        await LogInAtAdminAsync(world, "carol");
        using var ops = new OpsClient(world.Bff);

        (await FoundAsync("")).ShouldBe([("carol", "admin", "staff"), ("alice", "default", "default")], ignoreOrder: true);
        (await FoundAsync("?frontEnd=admin")).ShouldBe([("carol", "admin", "staff")]);
        (await FoundAsync("?frontEnd=default")).ShouldBe([("alice", "default", "default")]);
        (await FoundAsync("?provider=staff")).ShouldBe([("carol", "admin", "staff")]);
        (await FoundAsync("?frontEnd=&provider=&user=ali")).ShouldBe([("alice", "default", "default")]);
        (await FoundAsync("?frontEnd=admin&provider=default")).ShouldBeEmpty();
        var handle = (await ops.GetAsync("/sessions?provider=staff")).Json.GetProperty("sessions")[0].GetProperty("handle").GetString();
        (await ops.GetAsync($"/sessions/{handle}")).Text("frontEnd").ShouldBe("admin");
        (await ops.GetAsync("/sessions?provider=nobody")).ShouldBeProblem(400, "unknown_provider");
        (await ops.GetAsync("/sessions?frontEnd=a%00")).ShouldBeProblem(400, "unknown_front_end");
        (await ops.GetAsync("/sessions?frontEnd=nope")).Text("detail").ShouldBe("There are: default, admin.");

        async Task<IEnumerable<(string?, string?, string?)>> FoundAsync(string query) =>
            (await ops.GetAsync("/sessions" + query)).Json.GetProperty("sessions").EnumerateArray()
                .Select(session => (Text(session, "sub"), Text(session, "frontEnd"), Text(session, "provider")));
    }

    [Fact]
    public async Task All_sessions_of_a_user_end_at_the_provider_that_is_named_and_at_each_when_none_is()
    {
        await using var world = await StartAsync();
        var alice = await world.LogInAsync();
        var namesake = await LogInAtAdminAsync(world, "alice");
        using var ops = new OpsClient(world.Bff);

        var ended = await ops.DeleteAsync("/sessions?user=alice&provider=staff");

        ended.Json.GetRawText().ShouldBe("""{"ended":1,"endedByProvider":{"staff":1}}""");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        (await namesake.GetAsync("/admin/api/echo")).ShouldBeProblem(401, "session_required");
        Audited(world, "ops_sessions_ended").ShouldContain("count=1 user=alice by=admin operator=somebody_on_this_machine address=127.0.0.1 provider=staff");

        await LogInAtAdminAsync(world, "alice");
        (await ops.DeleteAsync("/sessions?user=alice")).Json.GetRawText().ShouldBe("""{"ended":2,"endedByProvider":{"default":1,"staff":1}}""");
        (await ops.DeleteAsync("/sessions?user=alice&provider=nobody")).ShouldBeProblem(400, "unknown_provider");
    }

    [Fact]
    public async Task Audit_lines_of_sign_ins_and_ends_say_where()
    {
        await using var world = await StartAsync(out var staff);
        var carol = await LogInAtAdminAsync(world, "carol");
        Audited(world, "sign_in").ShouldEndWith("user=carol address=127.0.0.1 front_end=admin provider=staff");
        await carol.OpenAsync("/admin/bff/login?login_hint=carol");
        Audited(world, "session_ended").ShouldEndWith("by=replaced reason=replaced address=127.0.0.1 front_end=admin provider=staff");

        (await staff).Grant.Over = true;
        await carol.PostAsync("/admin/bff/renew");
        Audited(world, "renewal_rejected").ShouldEndWith("error=invalid_grant front_end=admin provider=staff");
        Audited(world, "session_ended").ShouldEndWith("by=provider reason=session_ended front_end=admin provider=staff");

        (await staff).AuthorizeError = "access_denied";
        await world.NewBrowser().OpenAsync("/admin/bff/login");
        Audited(world, "sign_in_failed").ShouldEndWith("reason=access_denied address=127.0.0.1 front_end=admin provider=staff");
    }

    [Fact]
    public async Task Metrics_have_each_front_end_and_provider_from_zero_and_count_where_it_was()
    {
        await using var world = await StartAsync(out var staff);
        (await ValueAsync(world, "bff_sessions_created_total", "admin", "staff")).ShouldBe("0");
        (await ValueAsync(world, "bff_sessions_ended_total", "admin", "staff", "reason=\"signed_out\"")).ShouldBe("0");
        (await ValueAsync(world, "bff_sign_in_failures_total", "admin", "staff", "cause=\"access_denied\"", "silent=\"false\"")).ShouldBe("0");
        (await ValueAsync(world, "bff_sign_in_failures_total", "default", "staff", "cause=\"access_denied\"", "silent=\"false\""))
            .ShouldBeNull("the front end without a name does not sign in there");

        await LogInAtAdminAsync(world, "carol");
        (await staff).AuthorizeError = "access_denied";
        await world.NewBrowser().OpenAsync("/admin/bff/login");

        await Eventually.HappensAsync(async () => await ValueAsync(world, "bff_sessions_created_total", "admin", "staff") == "1");
        (await ValueAsync(world, "bff_sessions_created_total", "default", "default")).ShouldBe("0");
        await Eventually.HappensAsync(
            async () => await ValueAsync(world, "bff_sign_in_failures_total", "admin", "staff", "cause=\"access_denied\"", "silent=\"false\"") == "1");
        (await LinesAsync(world)).ShouldContain(
            line => line.StartsWith("bff_provider_refused_total{", StringComparison.Ordinal) && line.Contains("provider=\"staff\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_overview_tells_which_provider_is_away_and_since_when_and_that_the_other_is_not()
    {
        await using var world = await StartAsync(out var staff);
        await world.LogInAsync();
        var carols = new List<Browser>();
        for (var i = 0; i < 6; i++) { carols.Add(await LogInAtAdminAsync(world, "carol")); }
        using var ops = new OpsClient(world.Bff);
        (await staff).GoDown();
        foreach (var carol in carols) { await carol.PostAsync("/admin/bff/renew"); }

        var now = (await ops.GetAsync("/overview")).Json;

        now.GetProperty("providers").EnumerateArray().Select(provider => (Text(provider, "name"), Text(provider, "check"), Text(provider, "breaker")))
            .ShouldBe([("default", "provider", "closed"), ("staff", "provider:staff", "open")]);
        now.GetProperty("frontEnds").EnumerateArray().Select(frontEnd => (Text(frontEnd, "name"), Text(frontEnd, "pathBase"))).ShouldBe(
            [("default", null), ("admin", "/admin")]);
        var trouble = now.GetProperty("troubles").EnumerateArray().Single(trouble => Text(trouble, "code") == "provider_away");
        Text(trouble, "text")!.ShouldStartWith("Provider staff does not renew tokens: token endpoint, unavailable (503)");
        trouble.GetProperty("since").GetDateTimeOffset().ShouldBeLessThanOrEqualTo(world.Clock.Now);
    }

    private static Task<World> StartAsync() => StartAsync(out _);

    private static Task<World> StartAsync(out Task<PretendProvider> staff)
    {
        var started = new TaskCompletionSource<PretendProvider>();
        staff = started.Task;
        return World.StartPreparedAsync(async world =>
        {
            var provider = await world.StartProviderAsync("bff-at-staff", "secret-at-staff-91c2");
            world.Set("Bff:Providers:staff:Authority", provider.Issuer);
            world.Set("Bff:Providers:staff:ClientId", "bff-at-staff");
            world.Set("Bff:Providers:staff:ClientSecret", "secret-at-staff-91c2");
            world.Set("Bff:Providers:staff:RequireHttps", "false");
            world.Set("Bff:FrontEnds:admin:PathBase", "/admin");
            world.Set("Bff:FrontEnds:admin:Provider", "staff");
            world.Set("Bff:FrontEnds:admin:Origins:0", Browser.SpaOrigin);
            started.SetResult(provider);
        });
    }

    private static async Task<Browser> LogInAtAdminAsync(World world, string user)
    {
        var browser = world.NewBrowser();
        var end = await browser.OpenAsync($"/admin/bff/login?login_hint={user}");
        end.Status.ShouldBe(HttpStatusCode.Found, end.Body);
        browser.Cookies.Value("__Host-bff.admin").ShouldNotBeNull();
        return browser;
    }

    /// <summary>The newest line of this event, as text.</summary>
    private static string Audited(World world, string @event) => world.Bff.Console.Lines.Select(line => JsonDocument.Parse(line).RootElement)
        .Where(line => Text(line, "Category") == "Bff.Audit").Select(line => Text(line, "Message")!)
        .Last(text => text.StartsWith($"{@event} ", StringComparison.Ordinal));

    private static async Task<string?> ValueAsync(World world, string metric, string frontEnd, string provider, params string[] labels)
    {
        string[] all = [$"front_end=\"{frontEnd}\"", $"provider=\"{provider}\"", .. labels];
        return (await LinesAsync(world)).SingleOrDefault(
            line => line.StartsWith(metric + "{", StringComparison.Ordinal) && all.All(label => line.Contains(label, StringComparison.Ordinal)))
            ?.Split(' ')[1];
    }

    private static async Task<string[]> LinesAsync(World world)
    {
        using var http = new HttpClient();
        return (await http.GetStringAsync(new Uri(world.Bff.OpsAddress, "/metrics"))).Split('\n');
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;
}
