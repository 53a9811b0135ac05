using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Bff.HostTests.Ops;

/// <summary>Who is let in on the ops port, by which name, and what a stranger learns or costs.</summary>
public sealed class OpsGuardTests
{
    private const string Token = "an-ops-token-for-tests";

    [Theory]
    [InlineData("localhost:3002", true)]
    [InlineData("127.0.0.1:3002", true)]
    [InlineData("[::1]:3002", true)]
    [InlineData("172.18.0.3:3002", true)]
    [InlineData("bff:3002", true)]
    [InlineData("BFF", true)]
    [InlineData("evil.example:3002", false)]
    [InlineData("bff.evil.example", false)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("127.0.0.1.evil.example", false)]
    [Trait("Standard", "HARD-9")]
    public async Task With_a_token_too_the_port_answers_only_to_addresses_and_names_it_is_known_by(string host, bool known)
    {
        await using var world = await World.StartAsync(("Bff:Ops:Token", Token), ("Bff:Ops:AllowedHosts:0", "bff"));

        var answer = await GetAsync(world, "/sessions", Token, host, origin: $"http://{host}");

        answer.Status.ShouldBe(known ? HttpStatusCode.OK : HttpStatusCode.MisdirectedRequest, answer.Body);
        (await GetAsync(world, "/healthz", host: host)).Status.ShouldBe(HttpStatusCode.OK, "a probe may come by any name");
    }

    [Fact]
    public async Task The_name_in_the_configured_address_is_known()
    {
        await using var world = await World.StartAsync(("Bff:Ops:Token", Token), ("Bff:Ops:Url", "http://ops.example:0"));
        (await GetAsync(world, "/sessions", Token, "ops.example")).Status.ShouldBe(HttpStatusCode.OK);
        (await GetAsync(world, "/sessions", Token, "evil.example")).Status.ShouldBe(HttpStatusCode.MisdirectedRequest);
    }

    [Fact]
    [Trait("Standard", "HARD-4")]
    public async Task Guessing_the_token_ends_after_a_few_guesses_a_minute()
    {
        await using var world = await World.StartAsync(("Bff:Ops:Token", Token));

        var statuses = new List<HttpStatusCode>();
        for (var guess = 0; guess < 40; guess++)
        {
            statuses.Add((await GetAsync(world, guess % 2 == 0 ? "/sessions" : "/readyz", $"guess-number-{guess}-of-many")).Status);
        }

        statuses.ShouldContain(HttpStatusCode.TooManyRequests);
        (await GetAsync(world, "/sessions", Token)).Status.ShouldBe(HttpStatusCode.TooManyRequests, "the right one at last is not even looked at");
        (await GetAsync(world, "/sessions")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await GetAsync(world, "/readyz")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Guesses_sent_together_are_counted_one_by_one_as_the_option_says()
    {
        await using var world = await World.StartAsync(("Bff:Ops:Token", Token), ("Bff:RateLimits:OpsCredentials", "5"));

        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(guess => GetAsync(world, "/sessions", $"guess-number-{guess}-of-many")));

        answers.Count(answer => answer.Status == HttpStatusCode.Unauthorized).ShouldBe(5);
        answers.Count(answer => answer.Status == HttpStatusCode.TooManyRequests).ShouldBe(25);
    }

    [Fact]
    public async Task Right_tokens_are_not_counted_and_zero_is_no_limit()
    {
        await using var world = await World.StartAsync(("Bff:Ops:Token", Token), ("Bff:RateLimits:OpsCredentials", "1"));
        for (var i = 0; i < 5; i++) { (await GetAsync(world, "/sessions", Token)).Status.ShouldBe(HttpStatusCode.OK); }

        await world.RestartBffAsync(("Bff:RateLimits:OpsCredentials", "0"));
        for (var i = 0; i < 50; i++) { (await GetAsync(world, "/sessions", "a-guess-of-many")).Status.ShouldBe(HttpStatusCode.Unauthorized); }
        (await GetAsync(world, "/sessions", Token)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Refusals_are_counted_and_their_lines_have_an_end()
    {
        await using var world = await World.StartAsync(("Bff:Ops:Token", Token));
        for (var i = 0; i < 100; i++) { await GetAsync(world, "/sessions"); }
        world.Bff.Logs.Lines.Count(line => line.Contains("was refused: ops_token_required", StringComparison.Ordinal)).ShouldBe(60);
        (await GetAsync(world, "/metrics", Token)).Body.ShouldContain("ops_token_required");
    }

    [Fact]
    public async Task A_refusal_is_logged_with_the_address_it_came_from()
    {
        await using var world = await World.StartAsync(("Bff:Ops:Token", Token));
        await GetAsync(world, "/sessions");
        world.Bff.Logs.Lines.ShouldContain(line => line.Contains("from 127.0.0.1 was refused: ops_token_required", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_audit_names_an_operator_by_what_was_verified_and_keeps_a_line_of_who_looked()
    {
        await using var world = await World.StartAsync();
        await world.LogInAsync();
        var handle = JsonDocument.Parse(
            (await GetAsync(world, "/sessions",
                "anything, since none is asked for")).Body).RootElement.GetProperty("sessions")[0].GetProperty("handle").GetString();
        for (var poll = 0; poll < 5; poll++)
        {
            await GetAsync(world, "/sessions");
            await GetAsync(world, "/sessions/" + handle);
        }

        var lines = world.Bff.Logs.Lines.Where(line => line.Contains("Bff.Audit: ops_", StringComparison.Ordinal)).ToList();
        lines.ShouldAllBe(line => line.Contains("operator=somebody_on_this_machine address=127.0.0.1"));
        lines.Count(line => line.Contains("ops_sessions_listed", StringComparison.Ordinal)).ShouldBe(1, "a page that polls leaves one line a minute");
        lines.Count(
            line =>
                line.Contains("ops_session_shown", StringComparison.Ordinal)
                    && line.Contains($" session={handle} user=alice ", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task A_user_whose_name_has_control_characters_can_be_found_and_signed_out()
    {
        await using var world = await World.StartAsync();
        await world.LogInAsync();
        world.Execute("UPDATE sessions SET subject = 'al' || char(10) || 'ice'");
        (await GetAsync(world, "/sessions?user=al%0Aice")).Body.ShouldContain("handle");

        using var ops = new OpsClient(world.Bff);
        (await ops.DeleteAsync("/sessions?user=al%0Aice")).Json.GetProperty("ended").GetInt32().ShouldBe(1);
        world.Bff.Logs.Lines.ShouldContain(
            line => line.Contains("ops_sessions_ended", StringComparison.Ordinal) && line.Contains(" user=al\\u000Aice ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_probe_tells_a_web_page_that_pointed_its_name_here_no_detail()
    {
        await using var world = await World.StartAsync(("Bff:Ops:Token", Token));
        world.Provider.GoDown();

        (await GetAsync(world, "/readyz")).Body.ShouldContain("metadata", customMessage: "the container's own probe says what is missing");
        var rebound = await GetAsync(world, "/readyz", host: "evil.example");
        rebound.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        rebound.Body.ShouldNotContain("metadata");
        rebound.Body.ShouldNotContain(new Uri(world.Provider.Issuer).Authority);
    }

    [Fact]
    public async Task A_probe_shows_no_credential_of_an_address()
    {
        await using var world = await World.StartAsync(("Bff:Oidc:MetadataAddress", "http://someone:s3cr3t@127.0.0.1:1/metadata?sig=k3y"));
        var body = (await GetAsync(world, "/readyz")).Body;
        body.ShouldContain("127.0.0.1:1/metadata");
        body.ShouldNotContain("s3cr3t");
        body.ShouldNotContain("k3y");
    }

    [Fact]
    public async Task Many_probes_ask_a_provider_that_is_down_once()
    {
        await using var provider = new Recorder(answer: "404 Not Found");
        await using var world = await World.StartAsync(("Bff:Oidc:MetadataAddress", $"http://127.0.0.1:{provider.Port}/metadata"));

        for (var probe = 0; probe < 60; probe++) { (await GetAsync(world, "/readyz")).Status.ShouldBe(HttpStatusCode.ServiceUnavailable); }
        var asked = provider.Connections;
        world.Clock.Advance(TimeSpan.FromSeconds(5));
        await GetAsync(world, "/readyz");

        asked.ShouldBe(1);
        provider.Connections.ShouldBe(2);
    }

    private static async Task<(HttpStatusCode Status, string Body)> GetAsync(
        World world, string path, string? token = null, string? host = null, string? origin = null)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(new Uri(world.Bff.OpsAddress, path)) { Host = "127.0.0.1" }.Uri);
        if (host is not null) { request.Headers.Host = host; }
        if (origin is not null) { request.Headers.Add("Origin", origin); }
        if (token is not null) { request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token); }
        using var answer = await http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
