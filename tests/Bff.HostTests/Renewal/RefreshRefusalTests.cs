using System.Globalization;
using System.Net;

namespace Bff.HostTests.Renewal;

/// <summary>
/// Refreshes that bring no usable token: is it about the user, about our client, or about the weather? And never more than one request a back-off step.
/// </summary>
public sealed class RefreshRefusalTests
{
    private static readonly TimeSpan UntilDue = TimeSpan.FromSeconds(255);
    private static readonly TimeSpan UntilExpired = TimeSpan.FromSeconds(301);

    public static TheoryData<string, string, object?> AnswersOfNoUse => new()
    {
        { "a token of another kind", "token_type", "mac" },
        { "no access token", "access_token", null },
        { "an access token with a line break", "access_token", "a\nb" },
        { "an ID token that is rubbish", "id_token", "rubbish" },
        { "a token of a second", "expires_in", 1 },
        { "a token of two seconds", "expires_in", "2" },
    };

    [Theory]
    [MemberData(nameof(AnswersOfNoUse))]
    [Trait("Standard", "WILD-6")]
    [Trait("Standard", "WILD-7")]
    public async Task An_answer_of_no_use_that_rotates_costs_one_request_a_back_off_step_however_many_calls_come(string what, string field, object? value)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.ShapeTokenAnswer = answer => answer[field] = value;
        world.Clock.Advance(UntilExpired);

        var calls = 0;
        for (var end = world.Clock.Now.AddSeconds(10); world.Clock.Now < end; calls++)
        {
            await world.RunAsync(alice.GetAsync("/api/echo"));
            world.Clock.Advance(TimeSpan.FromMilliseconds(100));
        }

        calls.ShouldBeGreaterThan(20);
        world.Provider.Refreshes.ShouldBeInRange(1, 7, what);   // on demand: 0, ½-1, 1-2, 2-4, 4-5 s apart; a token of a second: every 2 s
        world.Provider.Reuses.ShouldBe(0);
    }

    [Fact]
    public async Task A_token_of_a_second_is_renewed_less_and_less_often_for_a_user_who_is_away()
    {
        await using var world = await World.StartAsync();
        await world.LogInAsync();
        world.Provider.ShapeTokenAnswer = answer => answer["expires_in"] = 1;

        await world.AdvanceAsync(UntilDue + TimeSpan.FromMinutes(10));

        world.Provider.Refreshes.ShouldBeInRange(10, 20);
    }

    [Fact]
    public async Task An_answer_without_an_access_token_closes_the_provider_to_nobody()
    {
        await using var world = await World.StartAsync();
        foreach (var number in Enumerable.Range(1, 8)) { await world.LogInAsync("user" + number); }
        world.Provider.ShapeTokenAnswer = answer => answer.Remove("access_token");
        await world.AdvanceAsync(TimeSpan.FromSeconds(270));
        world.Provider.Refreshes.ShouldBeGreaterThan(8);

        world.Bff.LeavesProviderAlone.ShouldBeFalse();
        world.Bff.Logs.Lines.ShouldNotContain(line => line.Contains("renewals pause", StringComparison.Ordinal));
    }

    private static readonly Dictionary<string, Action<PretendProvider>> Spoiled = new()
    {
        ["of another client"] = provider => provider.ShapeIdToken = claims => claims["aud"] = "another-client",
        ["without iat"] = provider => provider.ShapeIdToken = claims => claims.Remove("iat"),
        ["long expired"] = provider => provider.ShapeIdToken = claims => claims["exp"] = 1,
        ["signed by a stranger"] = provider => provider.WriteIdToken = claims => Jwt.Sign(claims, SigningKey.Number(3) with { Kid = "key-1" }),
        ["with alg none"] = provider => provider.WriteIdToken = Jwt.Unsigned,
        ["signed with the client secret"] = provider => provider.WriteIdToken = claims => Jwt.SignWithSecret(claims, PretendProvider.ClientSecret),
        ["that is rubbish"] = provider => provider.WriteIdToken = _ => "rubbish",
        ["that is no text"] = provider => provider.ShapeTokenAnswer = answer => answer["id_token"] = new { sub = "alice" },
    };

    public static TheoryData<string> IdTokensThatProveNothing => [.. Spoiled.Keys];

    [Theory]
    [MemberData(nameof(IdTokensThatProveNothing))]
    [Trait("Standard", "RP-7")]
    [Trait("Standard", "WILD-6")]
    public async Task With_an_id_token_that_proves_nothing_the_new_access_token_is_not_used_and_the_refresh_token_is_kept(string what)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var first = world.Provider.Grant.AccessToken!.Value;
        Spoiled[what](world.Provider);

        (await alice.PostAsync("/bff/renew")).ShouldBeProblem(502, "provider_refuses_client");

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice", what);
        world.Api.LastCall.Token.ShouldBe(first);
        (await alice.GetAsync("/bff/session")).Text("renewalError").ShouldBe("provider_refuses_client");
        world.Bff.Logs.Lines.ShouldContain(
            line => line.StartsWith("Error", StringComparison.Ordinal) && line.Contains("could not be verified", StringComparison.Ordinal));
        await MendsItselfAsync(world, alice);
    }

    [Fact]
    public async Task While_the_keys_cannot_be_fetched_an_id_token_proves_nothing_either_and_that_is_an_outage()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await world.AdvanceAsync(TimeSpan.FromSeconds(30));
        var first = world.Provider.Grant.AccessToken!.Value;
        world.Provider.Key = SigningKey.Number(2);
        world.Provider.Faults.AnswerWith("/jwks", 503, "", "text/plain");

        (await alice.PostAsync("/bff/renew")).ShouldBeProblem(503, "provider_unavailable");

        await alice.GetAsync("/api/echo");
        world.Api.LastCall.Token.ShouldBe(first);
        world.Provider.ComeBack();
        await MendsItselfAsync(world, alice);
    }

    public static TheoryData<int, string> RefusalsThatAskForTheUser => new()
    {
        { 400, """{"error":"interaction_required"}""" },
        { 400, """{"error":"login_required"}""" },
        { 400, """{"error":"consent_required"}""" },
        { 400, """{"error":"account_selection_required"}""" },
        { 400, """{"error":"invalid_grant","suberror":"basic_action","error_codes":[50076]}""" },
        { 400, """{"error":"invalid_grant","suberror":"consent_required"}""" },
        { 400, """{"error":"invalid_grant","error_subtype":"invalid_rapt","error_description":"reauth related error (invalid_rapt)"}""" },
        { 403, """{"error":"mfa_required","mfa_token":"x"}""" },
        { 401, """{"error":"access_denied"}""" },
        { 401, """{"error":"unauthorized","error_description":"user is blocked"}""" },
    };

    public static TheoryData<int, string> WaysToSayThatAGrantIsDead => new()
    {
        { 400, "" },
        { 400, "{}" },
        { 400, "Bad Request" },
        { 400, """{"error":"invalid_request"}""" },
        { 400, """{"error":"moon_phase"}""" },
        { 401, "" },
        { 401, """{"message":"token not found"}""" },
        { 200, """{"error":"bad_refresh_token"}""" },
    };

    [Theory]
    [MemberData(nameof(RefusalsThatAskForTheUser))]
    [MemberData(nameof(WaysToSayThatAGrantIsDead))]
    [Trait("Standard", "WILD-6")]
    [Trait("Standard", "WILD-8")]
    public async Task A_refusal_about_the_user_is_a_401_once_the_token_is_over_and_ends_the_session_when_it_comes_again(int status, string body)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Faults.AnswerWith(status, body, body.StartsWith('{') ? "application/json" : "text/plain");
        await world.AdvanceUntilAsync(() => world.Provider.Refreshes == 1, within: UntilDue);

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        (await alice.PostAsync("/bff/renew")).ShouldBeProblem(401, "login_required");
        var session = await alice.GetAsync("/bff/session");
        (session.Text("renewalError"), session.Text("renewal")).ShouldBe(("login_required", "silent"));

        await world.AdvanceUntilAsync(() => world.Clock.Now > world.Provider.Grant.AccessToken!.ExpiresAt, within: UntilExpired);
        (await alice.GetAsync("/api/echo")).ShouldBeProblem(401, "token_expired");
        (await alice.GetAsync("/open/echo")).Body.ShouldBe("nobody");
        (await alice.GetAsync("/bff/session")).Json.GetProperty("isLoggedIn").GetBoolean().ShouldBeTrue();

        await world.AdvanceUntilAsync(() => world.Sessions == 0, within: TimeSpan.FromMinutes(3));
        (await alice.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
        world.Provider.Refreshes.ShouldBeInRange(3, 5);
    }

    [Fact]
    public async Task A_silent_sign_in_heals_a_session_whose_refresh_token_is_refused_at_once()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Faults.AnswerWith(400, "");
        await world.AdvanceAsync(UntilExpired);
        (await alice.GetAsync("/api/echo")).ShouldBeProblem(401, "token_expired");
        world.Provider.ComeBack();
        var key = alice.Session;

        (await alice.OpenAsync("/bff/silent-login")).Location!.Query.ShouldBe("?result=ok");

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        alice.Session.ShouldBe(key);
        (await alice.GetAsync("/bff/session")).Text("renewalError").ShouldBeNull();
    }

    public static TheoryData<int, string, string> PagesOfAnIngress => new()
    {
        { 404, "text/html", "<html>default backend - 404</html>" },
        { 404, "text/plain", "default backend - 404" },
        { 404, "application/json", """{"error":"Not Found","status":404}""" },
        { 403, "text/html", "<html>blocked</html>" },
        { 403, "application/json", """{"message":"Forbidden"}""" },
        { 405, "text/html", "<html>" },
        { 400, "text/html", "<html>400 Bad Request</html>" },
        { 401, "text/html; charset=utf-8", "<!doctype html>" },
        { 502, "text/html", "<html>" },
        { 200, "text/html", "<html>welcome to the hotel</html>" },
    };

    [Theory]
    [MemberData(nameof(PagesOfAnIngress))]
    [Trait("Standard", "WILD-6")]
    public async Task A_page_of_an_ingress_is_an_outage_of_a_moment(int status, string type, string body)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Faults.AnswerWith(status, body, type);
        world.Clock.Advance(UntilExpired);
        (await world.RunAsync(alice.GetAsync("/api/echo"))).ShouldBeProblem(503, "provider_unavailable");
        world.Provider.ComeBack();

        await world.AdvanceAsync(TimeSpan.FromSeconds(4));

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Theory]
    [InlineData(401, """{"error":"invalid_client"}""", null)]
    [InlineData(403, """{"error":"unauthorized_client"}""", null)]
    [InlineData(400, """{"error":"invalid_target"}""", null)]
    [InlineData(403, """{"error":"access_denied","error_description":"Realm not enabled"}""", null)]
    [InlineData(401, "", "Basic realm=\"token\"")]
    [Trait("Standard", "WILD-8")]
    public async Task What_is_wrong_on_our_side_is_not_called_an_outage_and_ends_no_session(int status, string body, string? challenge)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Faults.AnswerWith(status, body, "application/json", challenge is null ? [] : [("WWW-Authenticate", challenge)]);
        await world.AdvanceAsync(TimeSpan.FromMinutes(10));

        var answer = await alice.GetAsync("/api/echo");

        answer.ShouldBeProblem(502, "provider_refuses_client");
        int.Parse(answer.Header("Retry-After")!, CultureInfo.InvariantCulture).ShouldBeInRange(1, 60);
        answer.Body.ShouldNotContain("cannot be reached");
        (await alice.GetAsync("/bff/session")).Text("renewalError").ShouldBe("provider_refuses_client");
        world.Sessions.ShouldBe(1);
    }

    [Theory]
    [InlineData("refresh_expires_in")]
    [InlineData("refresh_token_expires_in")]
    public async Task A_refresh_token_that_ends_before_the_access_token_is_traded_before_its_end(string field)
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeTokenAnswer = answer => answer[field] = 100;
        await world.LogInAsync();
        // Each is renewed 62.5 to 75 s after it came, by its session's share of the jitter.
        await world.AdvanceAsync(TimeSpan.FromSeconds(99));
        world.Provider.Refreshes.ShouldBe(1);
        await world.AdvanceAsync(TimeSpan.FromSeconds(70));
        world.Provider.Refreshes.ShouldBe(2);
    }

    [Fact]
    [Trait("Standard", "BBA-18")]
    public async Task A_session_whose_refresh_token_has_ended_lives_on_while_its_access_token_does_and_asks_no_more()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeTokenAnswer = answer => answer["refresh_expires_in"] = 100;
        var alice = await world.LogInAsync();
        world.Provider.GoDown();
        await world.AdvanceAsync(TimeSpan.FromSeconds(165));
        world.Provider.ComeBack();
        var asked = world.Provider.Refreshes;

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        (await alice.GetAsync("/bff/session")).Text("renewal").ShouldBe("silent");
        (await alice.PostAsync("/bff/renew")).ShouldBeProblem(409, "renewal_not_possible");
        await world.AdvanceAsync(TimeSpan.FromSeconds(140));

        (await alice.GetAsync("/api/echo")).ShouldBeProblem(401, "token_expired");
        (await alice.GetAsync("/bff/session")).Json.GetProperty("isLoggedIn").GetBoolean().ShouldBeTrue();
        world.Provider.Refreshes.ShouldBe(asked);
    }

    [Fact]
    public async Task A_refresh_token_of_no_seconds_has_no_end_as_Keycloak_says_it()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeTokenAnswer = answer => answer["refresh_expires_in"] = 0;
        var alice = await world.LogInAsync();
        await world.AdvanceAsync(UntilExpired);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Theory]
    [InlineData(0.5)]   // the last second, which does not count
    [InlineData(1.5)]   // alive now, but not after two seconds of waiting
    public async Task A_call_in_the_last_moment_of_a_token_waits_for_a_slow_renewal(double left)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.Hang();
        world.Clock.Advance(world.Provider.Lifetime - TimeSpan.FromSeconds(left));
        var call = alice.GetAsync("/api/echo");
        await Eventually.HappensAsync(() => world.Provider.Faults.Holding == 1, "a refresh hangs at the provider");
        for (var tenth = 0; tenth < 30; tenth++)
        {
            world.Clock.Advance(TimeSpan.FromMilliseconds(100));
            await Eventually.ShortlyAsync();
        }

        world.Provider.Faults.Release();

        (await world.RunAsync(call)).Body.ShouldBe("alice");
        world.Provider.Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task A_sign_out_while_a_useless_answer_is_under_way_revokes_the_refresh_token_it_brings()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Provider.ShapeTokenAnswer = answer => answer["token_type"] = "mac";
        world.Provider.Hang();
        var arrives = world.Provider.NextRefreshAsync();
        var renewing = alice.PostAsync("/bff/renew");
        await arrives;

        await alice.PostAsync("/bff/logout");
        world.Provider.Grant.Over = false;   // the sign-out revoked the one of before; this is about the one that comes now
        world.Provider.ComeBack();
        world.Provider.Faults.Release();

        (await world.RunAsync(renewing)).ShouldBeProblem(401, "session_ended");
        await Eventually.HappensAsync(
            () => world.Provider.Revocations.Any(form => form["token"] == world.Provider.Grant.RefreshToken), "the newest refresh token is revoked");
    }

    [Fact]
    public async Task Another_users_refresh_token_is_not_revoked_with_the_session_it_ends()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var hers = world.Provider.Grant.RefreshToken;
        world.Provider.ShapeIdToken = claims => claims["sub"] = "mallory";
        (await alice.PostAsync("/bff/renew")).ShouldBeProblem(401, "session_ended");
        world.Sessions.ShouldBe(0);
        await world.SeesRevocationAsync();
        world.Provider.Revocations.ShouldAllBe(form => form["token"] == hers);
    }

    private static async Task MendsItselfAsync(World world, Browser browser)
    {
        world.Provider.ShapeIdToken = _ => { };
        world.Provider.ShapeTokenAnswer = _ => { };
        world.Provider.WriteIdToken = claims => Jwt.Sign(claims, world.Provider.Key);
        await world.AdvanceAsync(TimeSpan.FromSeconds(15));   // unknown keys are fetched a few times in ten seconds at most
        (await browser.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
        world.Api.LastCall.Token.ShouldBe(world.Provider.Grant.AccessToken!.Value);
        world.Provider.Reuses.ShouldBe(0);
    }
}
