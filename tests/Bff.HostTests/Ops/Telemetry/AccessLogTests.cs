using System.Text.Json;
using Bff.Ops.Telemetry;
using Bff.Sessions.Store.Sql;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Bff.HostTests.Ops.Telemetry;

public sealed class AccessLogTests
{
    private static readonly (string, string?) On = ("Bff:AccessLog:Enabled", "true");

    [Fact]
    public async Task Nothing_is_written_unless_it_is_asked_for()
    {
        await using var world = await World.StartAsync();
        await (await world.LogInAsync()).GetAsync("/api/echo");
        Lines(world).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_call_is_one_line_with_the_names_of_OpenTelemetry()
    {
        await using var world = await World.StartAsync(On);
        var alice = await world.LogInAsync();
        var handle = Audited(world, "sign_in").GetProperty("Session").GetString();
        var before = Lines(world).Count;

        var request = alice.Script(HttpMethod.Get, "/api/echo?secret=in-the-query");
        request.Headers.TryAddWithoutValidation("User-Agent", "Mozilla/5.0 (of a test)");
        await alice.SendAsync(request);

        await Eventually.HappensAsync(() => Lines(world).Count == before + 1);
        var line = Lines(world)[^1];
        line.GetProperty("http.request.method").GetString().ShouldBe("GET");
        line.GetProperty("url.path").GetString().ShouldBe("/api/echo");
        line.GetProperty("http.response.status_code").GetInt32().ShouldBe(200);
        line.GetProperty("http.route").GetString().ShouldBe("/api/{**rest}");
        line.GetProperty("bff.route").GetString().ShouldBe("api");
        line.GetProperty("client.address").GetString().ShouldBe("127.0.0.1");
        line.GetProperty("server.address").GetString().ShouldBe("localhost");
        line.GetProperty("session.id").GetString().ShouldBe(handle);
        line.GetProperty("user_agent.original").GetString().ShouldBe("Mozilla/5.0 (of a test)");
        line.GetProperty("network.protocol.version").GetString().ShouldBe("1.1");
        line.GetProperty("http.server.request.duration").GetDouble().ShouldBeGreaterThanOrEqualTo(0);
    }

    [Fact]
    [Trait("Standard", "ASVS-6")]
    public async Task A_line_has_no_query_no_cookie_no_token_and_no_name()
    {
        await using var world = await World.StartAsync(On);
        var alice = await world.LogInAsync();
        var cookie = alice.Session!;
        await alice.GetAsync("/api/echo?secret=in-the-query");
        await alice.PostAsync("/bff/renew");
        await alice.OpenAsync((await alice.GetAsync("/bff/session")).Text("logoutUrl")!);

        await Eventually.HappensAsync(() => Lines(world).Any(line => line.GetProperty("url.path").GetString() == "/bff/logout"));
        var text = string.Join('\n', world.Bff.Console.Lines.Where(line => line.Contains("Bff.AccessLog", StringComparison.Ordinal)));
        text.ShouldContain("/signin-oidc");
        foreach (var secret in new[] { "in-the-query", "?", "state=", "sid=", "alice", world.Provider.Grant.RefreshToken!, cookie })
        {
            text.ShouldNotContain(secret);
        }
    }

    [Fact]
    public async Task A_refusal_says_its_code_and_an_address_comes_from_a_trusted_proxy_only()
    {
        await using var world = await World.StartAsync([On, .. World.BehindProxy()]);
        var alice = world.NewBrowser();
        var request = alice.Bare(HttpMethod.Get, "/api/echo");
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        await alice.SendAsync(request);

        await Eventually.HappensAsync(() => Lines(world).Count == 1);
        var line = Lines(world).Single();
        (line.GetProperty("http.response.status_code").GetInt32(), line.GetProperty("error.type").GetString()).ShouldBe((403, "csrf_header_missing"));
        line.GetProperty("client.address").GetString().ShouldBe("203.0.113.7");
        line.TryGetProperty("session.id", out _).ShouldBeFalse();
    }

    [Fact]
    [Trait("Standard", "HARD-14")]
    public async Task Nobody_forges_a_line_by_path_agent_or_method()
    {
        await using var world = await World.StartAsync(On);
        var stranger = world.NewBrowser();
        var request = stranger.Bare(HttpMethod.Get, "/nowhere%0Ahttp.request.method=GET%20url.path=/forged%1B[2J");
        request.Method = new HttpMethod("INVENTED");
        request.Headers.TryAddWithoutValidation("User-Agent", "agent/1.0 " + new string('a', 1000));
        await stranger.SendAsync(request);

        await Eventually.HappensAsync(() => Lines(world).Count == 1);
        var message = world.Bff.Console.Lines.Select(line => JsonDocument.Parse(line).RootElement)
            .Single(line => line.GetProperty("Category").GetString() == "Bff.AccessLog").GetProperty("Message").GetString()!;
        message.ShouldStartWith("http.request.method=_OTHER url.path=/nowhere%0Ahttp.request.method=GET%20url.path=/forged%1B%5B2J ");
        message.Any(char.IsControl).ShouldBeFalse();
        message.Length.ShouldBeLessThan(2000);
        Lines(world).Single().GetProperty("user_agent.original").GetString()!.Length.ShouldBeLessThan(300);
    }

    [Fact]
    public async Task A_request_whose_session_cannot_be_known_leaves_its_line_too()
    {
        await using var world = await World.StartAsync(On);
        var alice = await world.LogInAsync();
        var before = Lines(world).Count;
        world.Execute("ALTER TABLE sessions RENAME TO hidden");
        world.Clock.Advance(TimeSpan.FromSeconds(6));

        (await alice.GetAsync("/api/echo")).ShouldBeProblem(503, "store_unavailable");

        await Eventually.HappensAsync(() => Lines(world).Count == before + 1);
        var line = Lines(world)[^1];
        (line.GetProperty("http.response.status_code").GetInt32(), line.GetProperty("error.type").GetString()).ShouldBe((503, "store_unavailable"));
        line.TryGetProperty("session.id", out _).ShouldBeFalse();
        world.Execute("ALTER TABLE hidden RENAME TO sessions");
    }

    [Fact]
    public async Task A_request_that_fails_after_its_response_began_leaves_its_line_too()
    {
        await using var world = await World.StartAsync(On);
        var services = world.Bff.Services;
        RequestDelegate failing = _ => throw new InvalidOperationException("In the middle of the response.");
        var log = ActivatorUtilities.CreateInstance<AccessLog>(services, failing);
        var context = new DefaultHttpContext { RequestServices = services };
        context.Request.Path = "/half";
        context.Response.StatusCode = StatusCodes.Status206PartialContent;

        await Should.ThrowAsync<InvalidOperationException>(log.InvokeAsync(context));

        await Eventually.HappensAsync(() => Lines(world).Count == 1);
        var line = Lines(world).Single();
        (line.GetProperty("url.path").GetString(), line.GetProperty("http.response.status_code").GetInt32()).ShouldBe(("/half", 206));
    }

    private static JsonElement Audited(World world, string @event) =>
        States(world, "Bff.Audit").Single(state => state.GetProperty("Event").GetString() == @event);

    private static List<JsonElement> Lines(World world) => States(world, "Bff.AccessLog");

    private static List<JsonElement> States(World world, string category) => [.. world.Bff.Console.Lines.Select(line => JsonDocument.Parse(line).RootElement)
        .Where(line => line.GetProperty("Category").GetString() == category).Select(line => line.GetProperty("State"))];
}
