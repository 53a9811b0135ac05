using System.Net;

namespace Bff.HostTests.Renewal;

public sealed class RefreshAnswerTests
{
    private static readonly TimeSpan UntilDue = TimeSpan.FromSeconds(255);
    private static readonly TimeSpan UntilNextTry = TimeSpan.FromSeconds(75);

    public static TheoryData<string, int, string, string> AnswersThatSayNothingAboutTheUser => new()
    {
        { "our client is unknown", 401, "application/json", """{"error":"invalid_client"}""" },
        { "our client may not refresh", 400, "application/json", """{"error":"unauthorized_client"}""" },
        { "the grant type is off", 400, "application/json", """{"error":"unsupported_grant_type"}""" },
        { "the scope is wrong", 400, "application/json", """{"error":"invalid_scope"}""" },
        { "an error nobody knows", 400, "application/json", """{"error":"moon_phase"}""" },
        { "a refusal without a word", 400, "application/json", "{}" },
        { "a refusal by a firewall", 403, "text/html", "<html>invalid_grant</html>" },
        { "temporarily", 400, "application/json", """{"error":"temporarily_unavailable"}""" },
        { "a server error with a word", 500, "application/json", """{"error":"invalid_grant"}""" },
        { "a gateway's page", 502, "text/html", "<html>bad gateway</html>" },
        { "a page instead of tokens", 200, "text/html", "<html>welcome to the hotel</html>" },
        { "half a JSON", 200, "application/json", """{"access_token":"abc","expires_""" },
        { "a JSON list", 200, "application/json", "[]" },
        { "a JSON null", 200, "application/json", "null" },
        { "an empty body", 200, "application/json", "" },
        { "no content", 204, "application/json", "" },
        { "no access token", 200, "application/json", """{"token_type":"Bearer","expires_in":300}""" },
        { "an empty access token", 200, "application/json", """{"access_token":"","token_type":"Bearer","expires_in":300}""" },
        { "an access token that is no text", 200, "application/json", """{"access_token":{"a":1},"token_type":"Bearer","expires_in":300}""" },
        { "an access token that is no Unicode", 200, "application/json", """{"access_token":"\ud800","token_type":"Bearer","expires_in":300}""" },
        { "a charset nobody knows", 200, "application/json; charset=klingon", """{"error":"temporarily_unavailable"}""" },
        { "a token of another kind", 200, "application/json", """{"access_token":"abc","token_type":"mac","expires_in":300}""" },
    };

    [Theory]
    [MemberData(nameof(AnswersThatSayNothingAboutTheUser))]
    [Trait("Standard", "RP-19")]
    public async Task A_bad_answer_costs_nobody_the_session(string what, int status, string type, string body)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Faults.AnswerWith(status, status == 204 ? "" : body, type);
        await world.AdvanceUntilAsync(() => world.Provider.Refreshes > 0, within: UntilDue);

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice", what);

        await RecoversAsync(world, alice);
    }

    [Fact]
    [Trait("Standard", "RP-19")]
    public async Task A_huge_answer_costs_nobody_the_session()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Faults.AnswerWith(200, $$"""{"access_token":"{{new string('x', 5_000_000)}}","token_type":"Bearer","expires_in":300}""");
        await world.AdvanceUntilAsync(() => world.Provider.Refreshes > 0, within: UntilDue);
        await RecoversAsync(world, alice);
    }

    [Fact]
    [Trait("Standard", "RP-19")]
    public async Task An_answer_that_claims_to_be_compressed_costs_nobody_the_session()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Faults.AnswerWith(200, """{"access_token":"abc"}""", "application/json", ("Content-Encoding", "gzip"));
        await world.AdvanceUntilAsync(() => world.Provider.Refreshes > 0, within: UntilDue);
        await RecoversAsync(world, alice);
    }

    [Fact]
    [Trait("Standard", "RP-19")]
    public async Task A_connection_that_breaks_costs_nobody_the_session()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Faults.ResetConnections();
        await world.AdvanceUntilAsync(() => world.Provider.Refreshes > 0, within: UntilDue);
        await RecoversAsync(world, alice);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    [Trait("Standard", "RP-22")]
    public async Task No_redirect_of_the_token_endpoint_is_followed(int status)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Faults.AnswerWith(status, "", "text/plain", ("Location", world.Api.Address + "/stolen"));
        await world.AdvanceUntilAsync(() => world.Provider.Refreshes > 0, within: UntilDue);

        world.Api.Calls.ShouldBeEmpty();
        await RecoversAsync(world, alice);
    }

    [Theory]
    [InlineData(null, 300)]
    [InlineData(0, 300)]
    [InlineData(-5, 300)]
    [InlineData("soon", 300)]
    [InlineData("120", 120)]
    [InlineData(1e15, 31536000)]
    [Trait("Standard", "RP-17")]
    public async Task Any_expires_in_gives_a_lifetime_that_is_known(object? expiresIn, int seconds)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.ShapeTokenAnswer = answer =>
        {
            answer.Remove("expires_in");
            if (expiresIn is not null) { answer["expires_in"] = expiresIn; }
        };

        var renewed = await alice.PostAsync("/bff/renew");

        renewed.Json.GetProperty("accessTokenExpiresAt").GetDateTimeOffset().ShouldBe(world.Clock.Now.AddSeconds(seconds), TimeSpan.FromSeconds(1));
        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("access_token", null)]
    [InlineData("access_token", "")]
    [InlineData("access_token", "with a space")]
    [InlineData("token_type", "mac")]
    public async Task A_rotated_refresh_token_is_kept_though_the_rest_of_the_answer_is_of_no_use(string field, string? value)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.ShapeTokenAnswer = answer => answer[field] = value;
        await world.AdvanceUntilAsync(() => world.Provider.Refreshes == 1, within: UntilDue);
        world.Provider.ShapeTokenAnswer = _ => { };
        await RecoversAsync(world, alice);
    }

    [Theory]
    [InlineData("bearer")]
    [InlineData("BEARER")]
    [InlineData(null)]
    [Trait("Standard", "RP-18")]
    public async Task A_bearer_token_may_be_called_so_in_any_case_or_not_at_all(string? tokenType)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.ShapeTokenAnswer = answer => answer["token_type"] = tokenType;
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    [Trait("Standard", "RP-15")]
    public async Task An_id_token_for_somebody_else_ends_the_session()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.ShapeIdToken = claims => claims["sub"] = "mallory";

        var grant = world.Provider.Grant;
        var refreshToken = grant.RefreshToken;

        (await alice.PostAsync("/bff/renew")).ShouldBeProblem(401, "session_ended");

        world.Sessions.ShouldBe(0);
        await world.SeesRevocationAsync();
        world.Provider.Revocations.ShouldHaveSingleItem()["token"].ShouldBe(refreshToken, "what came beside it may be mallory's");
    }

    [Fact]
    [Trait("Standard", "RP-15")]
    public async Task An_id_token_of_another_issuer_ends_the_session()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.ShapeIdToken = claims => claims["iss"] = "https://evil.example";
        (await alice.PostAsync("/bff/renew")).ShouldBeProblem(401, "session_ended");
    }

    [Fact]
    public async Task An_issuer_that_nobody_signed_for_ends_nothing()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.ShapeIdToken = claims => claims["iss"] = "https://evil.example";
        world.Provider.WriteIdToken = claims => Jwt.Sign(claims, world.Provider.Key with { Kid = "nobody-knows" })[..^4] + "AAAA";
        (await alice.PostAsync("/bff/renew")).Code.ShouldNotBe("session_ended");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task With_an_unsigned_id_token_the_session_goes_on_with_the_token_it_has()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var first = world.Provider.Grant.AccessToken!.Value;
        world.Provider.WriteIdToken = Jwt.Unsigned;
        (await alice.PostAsync("/bff/renew")).ShouldBeProblem(502, "provider_refuses_client");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Api.LastCall.Token.ShouldBe(first);
        world.Bff.Logs.Lines.ShouldContain(line => line.Contains("could not be verified", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Standard", "RP-16")]
    public async Task No_id_token_at_all_is_fine()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.ShapeTokenAnswer = answer => answer.Remove("id_token");
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Standard", "RP-14")]
    public async Task An_id_token_signed_with_a_key_of_this_minute_is_fine()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await world.AdvanceAsync(TimeSpan.FromSeconds(30));
        world.Provider.Key = SigningKey.Number(2);
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Standard", "BBA-18")]
    public async Task A_grant_that_is_over_ends_the_session_in_the_background()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Grant.Over = true;

        await world.AdvanceUntilAsync(() => world.Provider.Refreshes == 1, within: UntilDue);

        world.Sessions.ShouldBe(0);
        (await alice.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
        await world.AdvanceAsync(TimeSpan.FromMinutes(5));
        world.Provider.Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task An_answer_lost_after_rotation_is_mended_by_a_provider_that_allows_one_more_use()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.ReuseLeeway = true;
        world.Provider.Faults.LoseAnswers();
        await world.AdvanceUntilAsync(() => world.Provider.Refreshes > 0, within: UntilDue);
        await RecoversAsync(world, alice);
    }

    [Fact]
    public async Task An_answer_lost_after_rotation_ends_the_session_at_a_provider_that_allows_none()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Faults.LoseAnswers();
        await world.AdvanceUntilAsync(() => world.Provider.Refreshes == 1, within: UntilDue);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Provider.ComeBack();

        await world.AdvanceUntilAsync(() => world.Provider.Refreshes == 2, within: UntilNextTry);

        (await alice.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
    }

    private static async Task RecoversAsync(World world, Browser browser)
    {
        world.Sessions.ShouldBe(1);
        var old = world.Provider.Grant.AccessToken!.Value;
        world.Provider.ComeBack();
        await world.AdvanceUntilAsync(() => world.Provider.Grant.AccessToken!.Value != old, within: UntilNextTry);
        (await browser.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Api.LastCall.Token.ShouldBe(world.Provider.Grant.AccessToken!.Value);
        world.Provider.Reuses.ShouldBe(0);
    }
}
