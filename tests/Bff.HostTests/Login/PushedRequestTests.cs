using System.Net;

namespace Bff.HostTests.Login;

/// <summary>Pushed authorization requests (RFC 9126), and what a provider may answer them.</summary>
public sealed class PushedRequestTests
{
    private const string RequestUri = "urn:ietf:params:oauth:request_uri:1";

    [Fact]
    [Trait("Standard", "RFC9126-1")]
    [Trait("Standard", "RFC9126-3")]
    public async Task Where_a_provider_offers_it_the_browser_carries_nothing_but_our_client_and_the_name_of_the_request()
    {
        await using var world = await StartAsync();
        var alice = world.NewBrowser();

        var toProvider = await alice.StepAsync("/bff/login?login_hint=alice");

        Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(toProvider.Location!.Query).Keys.ShouldBe(["client_id", "request_uri"], ignoreOrder: true);
        await alice.OpenAsync(toProvider.Location);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    public static TheoryData<int, string, string, int, string, string> Answers => new()
    {
        { 502, "text/html", "<html>bad gateway</html>", 503, "provider_unavailable", "idp_unavailable" },
        { 201, "text/html", "<html>welcome</html>", 503, "provider_unavailable", "idp_unavailable" },
        { 201, "application/json", "<html>welcome</html>", 503, "provider_unavailable", "idp_unavailable" },
        { 201, "application/json", "{}", 503, "provider_unavailable", "idp_unavailable" },
        { 201, "application/json", "[]", 503, "provider_unavailable", "idp_unavailable" },
        { 201, "application/json", "null", 503, "provider_unavailable", "idp_unavailable" },
        { 201, "application/json", "", 503, "provider_unavailable", "idp_unavailable" },
        { 204, "application/json", "", 503, "provider_unavailable", "idp_unavailable" },
        { 201, "application/json; charset=klingon", "{", 503, "provider_unavailable", "idp_unavailable" },
        { 201, "application/json", """{"request_uri":12,"expires_in":60}""", 503, "provider_unavailable", "idp_unavailable" },
        { 201, "application/json", """{"request_uri":"","expires_in":60}""", 503, "provider_unavailable", "idp_unavailable" },
        { 201, "application/json", """{"request_uri":"a\r\nb","expires_in":60}""", 503, "provider_unavailable", "idp_unavailable" },
        { 201, "application/json", """{"request_uri":"\ud800","expires_in":60}""", 503, "provider_unavailable", "idp_unavailable" },
        { 201, "application/json", new string(' ', 3_000_000), 503, "provider_unavailable", "idp_unavailable" },
        { 302, "text/plain", "", 503, "provider_unavailable", "idp_unavailable" },
        { 429, "text/plain", "", 503, "provider_unavailable", "idp_unavailable" },
        { 500, "application/json", """{"error":"invalid_client"}""", 503, "provider_unavailable", "idp_unavailable" },
        { 400, "application/json", """{"error":"temporarily_unavailable"}""", 503, "provider_unavailable", "idp_unavailable" },
        { 401, "application/json", """{"error":"invalid_client"}""", 502, "provider_refuses_client", "sign_in_failed" },
        { 401, "text/plain", "", 502, "provider_refuses_client", "sign_in_failed" },
        { 400, "text/plain", "", 502, "provider_refuses_client", "sign_in_failed" },
        { 400, "application/json", """{"error":"invalid_scope"}""", 502, "provider_refuses_client", "sign_in_failed" },
        { 400, "application/json", """{"error":"invalid_target"}""", 502, "provider_refuses_client", "sign_in_failed" },
        { 400, "application/json", """{"error":"invalid_request","error_description":"redirect_uri"}""", 502, "provider_refuses_client", "sign_in_failed" },
        { 400, "application/json", """{"error":"a word nobody knows\r\n"}""", 502, "provider_refuses_client", "sign_in_failed" },
        { 403, "application/json", """{"error":"a word nobody knows\r\n"}""", 503, "provider_unavailable", "idp_unavailable" },
        { 401, "application/json", """{"error":"Unauthorized"}""", 503, "provider_unavailable", "idp_unavailable" },
        { 400, "application/json", """{"error":"slow_down"}""", 503, "provider_unavailable", "idp_unavailable" },
        { 400, "application/json", """{"error":"too_many_requests"}""", 503, "provider_unavailable", "idp_unavailable" },
        { 403, "application/json", """{"error":"rate_limit_exceeded"}""", 503, "provider_unavailable", "idp_unavailable" },
        { 201, "application/json", """{"error":"invalid_scope","request_uri":"urn:x"}""", 502, "provider_refuses_client", "sign_in_failed" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    [Trait("Standard", "RP-22")]
    [Trait("Standard", "WILD-5")]
    public async Task Every_answer_has_one_meaning(int status, string type, string body, int problem, string code, string silent)
    {
        await using var world = await StartAsync();
        world.Provider.Faults.AnswerWith("/par", status, body, type, ("Location", world.Api.Address + "/stolen"));

        var answer = await world.NewBrowser().StepAsync("/bff/login", accept: "*/*");

        answer.ShouldBeProblem(problem, code);
        (answer.Header("Retry-After") is not null).ShouldBe(problem == 503);
        (await world.NewBrowser().StepAsync("/bff/silent-login")).Location.ShouldBe(new Uri("http://localhost:5000/silent?result=error&error=" + silent));
        world.Api.Calls.ShouldBeEmpty();
        world.Bff.Logs.Lines.ShouldNotContain(line => line.Contains("nobody knows", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("login_required")]
    [InlineData("interaction_required")]
    [InlineData("access_denied")]
    [Trait("Standard", "WILD-5")]
    public async Task What_only_the_user_can_mend_leads_back_to_the_page_that_asked(string error)
    {
        await using var world = await StartAsync();
        world.Provider.Faults.AnswerWith("/par", 400, $$"""{"error":"{{error}}"}""", "application/json");
        (await world.NewBrowser().StepAsync("/bff/login?returnUrl=" + Uri.EscapeDataString("http://localhost:5000/page?x=1")))
            .Location.ShouldBe(new Uri("http://localhost:5000/page?x=1&error=" + error));
        (await world.NewBrowser().StepAsync("/bff/silent-login")).Location.ShouldBe(new Uri("http://localhost:5000/silent?result=error&error=" + error));
    }

    [Fact]
    public async Task A_provider_that_hangs_is_unavailable_within_the_token_timeout()
    {
        await using var world = await StartAsync(("Bff:Renewal:TokenTimeout", "00:00:01"));
        world.Provider.Faults.Hang("/par");
        (await world.NewBrowser().StepAsync("/bff/login", accept: "*/*")).ShouldBeProblem(503, "provider_unavailable");
    }

    [Theory]
    [InlineData(200)]
    [InlineData(201)]
    public async Task A_good_answer_may_say_200_or_201_and_have_any_type(int status)
    {
        await using var world = await StartAsync();
        world.Provider.Faults.AnswerWith("/par", status, $$"""{"request_uri":"{{RequestUri}}"}""", "text/plain");
        (await world.NewBrowser().StepAsync("/bff/login")).Location!.Query.ShouldContain(Uri.EscapeDataString(RequestUri));
    }

    [Fact]
    [Trait("Standard", "BBA-1")]
    public async Task A_pushed_request_carries_the_client_authentication()
    {
        await using var world = await StartAsync();
        world.Provider.AcceptedSecret = "another";
        var answer = await world.NewBrowser().StepAsync("/bff/login", accept: "*/*");
        answer.Status.ShouldBe(HttpStatusCode.BadGateway);
        world.Provider.AcceptedSecret = PretendProvider.ClientSecret;
        (await world.NewBrowser().StepAsync("/bff/login")).Status.ShouldBe(HttpStatusCode.Found);
    }

    public static TheoryData<int, string, string> RefusalsOfPushing => new()
    {
        { 404, "text/html", "<html>not found</html>" },
        { 403, "text/plain", "" },
        { 405, "text/plain", "" },
        { 403, "application/json", """{"error":"access_denied"}""" },
        { 404, "application/json", """{"error":"invalid_request"}""" },
        { 400, "application/json", """{"error":"unauthorized_client"}""" },
        { 401, "application/json", """{"error":"unauthorized_client"}""" },
    };

    [Theory]
    [MemberData(nameof(RefusalsOfPushing))]
    public async Task A_provider_that_takes_no_pushed_requests_from_this_client_is_asked_through_the_browser(int status, string type, string body)
    {
        await using var world = await StartAsync();
        world.Provider.Faults.AnswerWith("/par", status, body, type);

        await world.LogInAsync();
        await world.LogInAsync("bob");

        world.Bff.Logs.Lines.Count(line => line.Contains("takes no pushed authorization requests", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(RefusalsOfPushing))]
    [Trait("Standard", "RFC9126-2")]
    public async Task No_request_goes_through_the_browser_where_pushing_is_required(int status, string type, string body)
    {
        await using var byProvider = await StartAsync();
        await using var byOperator = await StartAsync(("Bff:Oidc:PushedAuthorization", "Always"));
        byProvider.Provider.RequiresPushedRequests = true;
        foreach (var world in new[] { byProvider, byOperator })
        {
            world.Provider.Faults.AnswerWith("/par", status, body, type);
            await world.NewBrowser().OpenAsync("/bff/login");
            world.Provider.Authorizations.ShouldBeEmpty();
            world.Sessions.ShouldBe(0);
        }
    }

    [Fact]
    public async Task Always_without_an_endpoint_starts_no_sign_in()
    {
        await using var world = await World.StartAsync(("Bff:Oidc:PushedAuthorization", "Always"));

        (await world.NewBrowser().StepAsync("/bff/login", accept: "*/*")).ShouldBeProblem(502, "provider_refuses_client");

        world.Bff.Logs.Lines.ShouldContain(line => line.Contains("Bff:Oidc:PushedAuthorization: is Always", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Standard", "RFC9126-2")]
    public async Task Never_pushes_nothing_and_starts_no_sign_in_where_pushing_is_required()
    {
        await using var world = await StartAsync(("Bff:Oidc:PushedAuthorization", "Never"));
        await world.LogInAsync();
        world.Provider.ClientCalls.ShouldNotContain(call => call.Path == "/par");

        await using var strict = await World.StartPreparedAsync(prepared =>
        {
            prepared.Provider.RequiresPushedRequests = true;
            prepared.Set("Bff:Oidc:PushedAuthorization", "Never");
        });
        (await strict.NewBrowser().StepAsync("/bff/login", accept: "*/*")).ShouldBeProblem(502, "provider_refuses_client");
    }

    private static async Task<World> StartAsync(params (string Key, string? Value)[] settings)
    {
        var world = await World.StartAsync(settings);
        world.Provider.OffersPushedRequests = true;
        return world;
    }
}
