using System.Net;
using System.Net.Http.Headers;

namespace Bff.HostTests.Ops.Telemetry;

[Collection(nameof(OneHostOnly))]
public sealed class MetricsTests
{
    [Fact]
    public async Task Metrics_are_on_the_ops_port_only_and_need_its_token()
    {
        const string token = "an-ops-token-for-tests";
        await using var world = await World.StartAsync(("Bff:Ops:Token", token));

        (await AskAsync(world.Bff.OpsAddress, token)).Status.ShouldBe(HttpStatusCode.OK);
        (await AskAsync(world.Bff.OpsAddress)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await AskAsync(world.Bff.Address, token)).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Calls_are_counted_by_route_and_answer_whether_they_were_forwarded_or_refused()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await alice.GetAsync("/api/echo");
        await alice.SendAsync(alice.Bare(HttpMethod.Get, "/api/echo"));
        await world.NewBrowser().GetAsync("/api/echo");
        world.Api.Answers = context => context.Response.StatusCode = 500;
        await alice.GetAsync("/plain/echo");

        await ShowsAsync(world, "bff_call_duration_seconds_count", 1, "route=\"api\"", "status_class=\"2xx\"");
        await ShowsAsync(world, "bff_call_duration_seconds_count", 2, "route=\"api\"", "status_class=\"4xx\"");
        await ShowsAsync(world, "bff_call_duration_seconds_count", 1, "route=\"plain\"", "status_class=\"5xx\"");
        await ShowsAsync(world, "bff_guard_refusals_total", 1, "code=\"csrf_header_missing\"");
    }

    [Fact]
    public async Task Sessions_are_counted_as_they_come_are_there_and_go()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.GivesRefreshTokens = false;
        await world.LogInAsync("bob");
        await world.AdvanceAsync(TimeSpan.FromMinutes(1));

        await ShowsAsync(world, "bff_sessions_created_total", 2);
        await ShowsAsync(world, "bff_sessions_active", 1, "state=\"renewable\"");
        await ShowsAsync(world, "bff_sessions_active", 1, "state=\"silent\"");

        await alice.OpenAsync((await alice.GetAsync("/bff/session")).Text("logoutUrl")!);
        await world.AdvanceAsync(TimeSpan.FromMinutes(1));
        await ShowsAsync(world, "bff_sessions_ended_total", 1, "reason=\"signed_out\"");
        await ShowsAsync(world, "bff_sessions_active", 0, "state=\"renewable\"");
    }

    [Fact]
    public async Task A_provider_that_is_down_is_told_from_one_that_refuses()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Faults.AnswerWith(400, """{"error":"invalid_client"}""");
        await alice.PostAsync("/bff/renew");
        await ShowsAsync(world, "bff_provider_request_duration_seconds_count", 1, "endpoint=\"discovery\"", "outcome=\"ok\"");
        await ShowsAsync(world, "bff_provider_request_duration_seconds_count", 1, "endpoint=\"token\"", "outcome=\"ok\"");
        await ShowsAsync(world, "bff_provider_request_duration_seconds_count", 1, "endpoint=\"token\"", "outcome=\"refused\"");
        await ShowsAsync(world, "bff_renewals_total", 1, "outcome=\"misconfigured\"");

        world.Provider.ComeBack();
        var bob = await world.LogInAsync("bob");
        world.Provider.GoDown();
        await bob.PostAsync("/bff/renew");
        await ShowsAsync(world, "bff_provider_request_duration_seconds_count", 1, "endpoint=\"token\"", "outcome=\"unavailable\"");
    }

    [Fact]
    public async Task A_silent_sign_in_that_renews_a_session_is_counted_as_a_renewal()
    {
        await using var world = await World.StartAsync();
        world.Provider.GivesRefreshTokens = false;
        var alice = await world.LogInAsync();
        await alice.OpenAsync("/bff/silent-login");

        await ShowsAsync(world, "bff_renewals_total", 1, "outcome=\"renewed\"");
        await ShowsAsync(world, "bff_renewal_duration_seconds_count", 1, "outcome=\"renewed\"");
        await ShowsAsync(world, "bff_sessions_created_total", 1);
    }

    [Fact]
    public async Task Sign_ins_that_fail_are_counted_by_their_cause()
    {
        await using var world = await World.StartAsync();
        await world.NewBrowser().StepAsync("/signin-oidc?code=x&state=y");
        world.Provider.AuthorizeError = "access_denied";
        await world.NewBrowser().OpenAsync("/bff/login?login_hint=alice");
        world.Provider.AuthorizeError = null;
        world.Provider.SilentError = "login_required";
        await world.NewBrowser().OpenAsync("/bff/silent-login");
        world.Provider.Faults.AnswerWith(401, """{"error":"invalid_client"}""");
        await world.NewBrowser().OpenAsync("/bff/login?login_hint=alice");

        await ShowsAsync(world, "bff_sign_in_failures_total", 1, "cause=\"invalid_state\"", "silent=\"false\"");
        await ShowsAsync(world, "bff_sign_in_failures_total", 1, "cause=\"access_denied\"", "silent=\"false\"");
        await ShowsAsync(world, "bff_sign_in_failures_total", 1, "cause=\"login_required\"", "silent=\"true\"");
        await ShowsAsync(world, "bff_sign_in_failures_total", 1, "cause=\"provider_refuses_client\"", "silent=\"false\"");
    }

    [Fact]
    public async Task A_store_that_fails_shows_and_so_do_lookups_it_was_spared()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await alice.GetAsync("/api/echo");
        await alice.GetAsync("/api/echo");
        world.Execute("ALTER TABLE sessions RENAME TO hidden");
        await world.NewBrowser().SendAsync(Forged(alice));
        world.Execute("ALTER TABLE hidden RENAME TO sessions");

        var lines = await LinesAsync(world);
        lines.ShouldContain(
            line =>
                line.StartsWith("bff_store_duration_seconds_count{") && line.Contains("operation=\"find\"") && line.Contains("error_type=\"SqliteException\""));
        lines.ShouldContain(line => line.StartsWith("bff_session_cache_lookups_total{") && line.Contains("result=\"hit\""));
        lines.ShouldContain(line => line.StartsWith("bff_build_info{") && line.Contains("version=\"0.1.0\""));

        static HttpRequestMessage Forged(Browser like)
        {
            var request = like.Bare(HttpMethod.Get, "/bff/session");
            request.Headers.Add("X-CSRF", "1");
            request.Headers.Add("Cookie", $"{Browser.SessionCookie}={new string('A', 43)}");
            return request;
        }
    }

    [Fact]
    public async Task No_label_grows_with_users_or_addresses()
    {
        await using var world = await World.StartAsync();
        for (var i = 0; i < 5; i++)
        {
            var user = await world.LogInAsync("user-" + i);
            await user.GetAsync($"/api/thing-{i}?secret={i}");
            await user.GetAsync($"/nowhere/else-{i}");
            await user.SendAsync(new HttpRequestMessage(new HttpMethod($"VERB{i}"), new Uri(world.Bff.Address, "/bff/session")));
        }

        (await LinesAsync(world)).ShouldNotContain(
            line => line.Contains("user-") || line.Contains("thing-") || line.Contains("else-") || line.Contains("VERB"));
    }

    [Fact]
    public async Task A_revocation_counts_as_refused_when_the_access_token_alone_is()
    {
        await using var world = await World.StartAsync(("Bff:Oidc:RevokeAccessTokens", "true"));
        world.Provider.RevokesNoAccessTokens = true;
        var alice = await world.LogInAsync();

        await alice.PostAsync("/bff/logout");

        await ShowsAsync(world, "bff_sessions_revocations_total", 1, "outcome=\"refused\"");
        await ShowsAsync(world, "bff_sessions_revocations_total", 0, "outcome=\"revoked\"");
        world.Provider.Grant.Over.ShouldBeTrue();
    }

    private static async Task ShowsAsync(World world, string metric, double value, params string[] labels)
    {
        var wanted = value.ToString(System.Globalization.CultureInfo.InvariantCulture);
        await Eventually.HappensAsync(
            async () => (await LinesAsync(world)).Any(line => line.StartsWith(metric + "{") && labels.All(line.Contains) && line.Split(' ')[1] == wanted),
            $"{metric} {string.Join(' ', labels)} is {wanted}");
    }

    private static async Task<string[]> LinesAsync(World world) => (await AskAsync(world.Bff.OpsAddress)).Body.Split('\n');

    private static async Task<(HttpStatusCode Status, string Body)> AskAsync(Uri at, string? token = null)
    {
        using var http = new HttpClient();
        if (token is not null) { http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token); }
        using var answer = await http.GetAsync(new Uri(at, "/metrics"));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
