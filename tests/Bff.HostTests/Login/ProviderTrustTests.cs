using System.Net;

namespace Bff.HostTests.Login;

public sealed class ProviderTrustTests
{
    [Theory]
    [InlineData("text/html", true)]
    [InlineData("application/json", false)]
    public async Task While_the_provider_is_down_a_sign_in_says_so_and_works_again_when_it_is_back(string accept, bool page)
    {
        await using var world = await World.StartAsync();
        world.Provider.GoDown();
        var alice = world.NewBrowser();

        var answer = await alice.StepAsync("/bff/login", accept);

        answer.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answer.Header("Retry-After").ShouldNotBeNull();
        if (page) { answer.Header("Content-Type").ShouldNotBeNull().ShouldStartWith("text/html"); }
        else { answer.Code.ShouldBe("provider_unavailable"); }

        world.Provider.ComeBack();
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await alice.OpenAsync("/bff/login?login_hint=alice");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Theory]
    [InlineData("/.well-known/openid-configuration")]
    [InlineData("/jwks")]
    [InlineData("/token")]
    [Trait("Standard", "RP-19")]
    public async Task While_the_provider_hangs_a_sign_in_says_so_within_the_token_timeout(string path)
    {
        await using var world = await World.StartAsync(("Bff:Renewal:TokenTimeout", "00:00:01"));
        world.Provider.Faults.Hang(path);
        var alice = world.NewBrowser();

        var answer = await alice.OpenAsync("/bff/login");

        answer.Status.ShouldBe(HttpStatusCode.ServiceUnavailable, answer.Body);
        answer.Header("Retry-After").ShouldNotBeNull();
        alice.Session.ShouldBeNull();
    }

    public static TheoryData<string> BadMetadata =>
    [
        "wrong issuer", "no issuer", "no token endpoint", "no authorization endpoint", "an endpoint that is no address", "no keys",
        "an endpoint with a fragment",
        .. from address in Addresses from name in UnusableCharacters.Keys select name + " in the " + address,
    ];

    private static readonly string[] Addresses =
    [
        "authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint", "revocation_endpoint", "pushed_authorization_request_endpoint",
        "userinfo_endpoint",
    ];

    private static readonly Dictionary<string, string> UnusableCharacters = new()
    {
        ["a line break"] = "\r\nX-Injected: 1", ["an escape"] = "\u001b[2J", ["a zero"] = "\0", ["a space"] = " ", ["a letter beyond ASCII"] = "ü",
    };

    [Theory]
    [MemberData(nameof(BadMetadata))]
    [Trait("Standard", "RP-12")]
    [Trait("Standard", "RP-21")]
    [Trait("Standard", "WILD-4")]
    public async Task Metadata_that_cannot_be_trusted_is_like_no_provider_and_heals(string defect)
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeMetadata = metadata =>
        {
            switch (defect)
            {
                case "wrong issuer": metadata["issuer"] = "https://evil.example"; break;
                case "no issuer": metadata.Remove("issuer"); break;
                case "no token endpoint": metadata.Remove("token_endpoint"); break;
                case "no authorization endpoint": metadata.Remove("authorization_endpoint"); break;
                case "an endpoint that is no address": metadata["token_endpoint"] = "/token?"; break;
                case "no keys": metadata["jwks_uri"] = world.Provider.Issuer + "/nowhere"; break;
                case "an endpoint with a fragment": metadata["authorization_endpoint"] += "#there"; break;
                default:
                    var (name, address) = (defect.Split(" in the ")[0], defect.Split(" in the ")[1]);
                    metadata[address] = (metadata.TryGetValue(address, out var known) ? known : world.Provider.Issuer + "/more") + UnusableCharacters[name];
                    break;
            }
        };
        var alice = world.NewBrowser();

        (await alice.StepAsync("/bff/login", accept: "*/*")).ShouldBeProblem(503, "provider_unavailable");

        world.Provider.ShapeMetadata = _ => { };
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        (await alice.OpenAsync("/bff/login?login_hint=alice")).Status.ShouldBe(HttpStatusCode.Found);
        alice.Session.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("https://login.example", true)]
    [InlineData("https://other.example", false)]
    [Trait("Standard", "RP-12")]
    public async Task Metadata_may_be_read_at_an_address_of_its_own_but_must_name_the_authority(string issuer, bool trusted)
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Oidc:Authority"] = "https://login.example"; // nobody is asked there
        world.Settings["Bff:Oidc:MetadataAddress"] = world.Provider.Issuer + "/.well-known/openid-configuration";
        world.Provider.ShapeMetadata = metadata => metadata["issuer"] = issuer;
        world.Provider.ShapeAuthorizeAnswer = answer => answer["iss"] = issuer;
        world.Provider.ShapeIdToken = claims => claims["iss"] = issuer;
        await world.StartListeningAsync();
        using var alice = world.NewBrowser();

        await alice.OpenAsync("/bff/login?login_hint=alice");

        (alice.Session is not null).ShouldBe(trusted);
    }

    [Theory]
    [InlineData("<html>hello</html>", "text/html")]
    [InlineData("{", "application/json")]
    [InlineData("[]", "application/json")]
    [InlineData("null", "application/json")]
    [InlineData("", "application/json")]
    [Trait("Standard", "RP-21")]
    public async Task Metadata_that_is_rubbish_is_like_no_provider(string body, string type)
    {
        await using var world = await World.StartAsync();
        world.Provider.Faults.AnswerWith("/.well-known/openid-configuration", 200, body, type);
        (await world.NewBrowser().StepAsync("/bff/login", accept: "*/*")).ShouldBeProblem(503, "provider_unavailable");
    }

    [Fact]
    [Trait("Standard", "RP-22")]
    public async Task No_redirect_of_the_metadata_to_another_origin_is_followed()
    {
        await using var world = await World.StartAsync();
        world.Provider.Faults.AnswerWith("/.well-known/openid-configuration", 302, "", "text/plain", ("Location", world.Api.Address + "/metadata"));
        (await world.NewBrowser().StepAsync("/bff/login", accept: "*/*")).ShouldBeProblem(503, "provider_unavailable");
        world.Api.Calls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("https://evil.example", null)]
    [InlineData(null, null)]
    [InlineData("https://evil.example", "access_denied")]
    [InlineData(null, "access_denied")]
    [Trait("Standard", "RFC9207-1")]
    [Trait("Standard", "RFC9207-2")]
    [Trait("Standard", "RFC9207-3")]
    public async Task An_answer_that_does_not_name_the_issuer_that_was_asked_is_refused(string? iss, string? error)
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeAuthorizeAnswer = answer => answer["iss"] = iss;
        world.Provider.AuthorizeError = error;
        var alice = world.NewBrowser();

        var end = await alice.OpenAsync("/bff/login");

        end.Status.ShouldBe(HttpStatusCode.BadRequest);
        end.ShouldSay("sign_in_failed");
        alice.Session.ShouldBeNull();
        world.Provider.TokenCalls.ShouldBeEmpty();
    }

    [Fact]
    [Trait("Standard", "RFC9207-2")]
    public async Task A_provider_that_never_said_it_would_name_itself_need_not()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeMetadata = metadata => metadata.Remove("authorization_response_iss_parameter_supported");
        world.Provider.ShapeAuthorizeAnswer = answer => answer["iss"] = null;
        await world.LogInAsync();
    }

    [Fact]
    [Trait("Standard", "RFC9207-1")]
    public async Task A_wrong_issuer_is_refused_though_the_provider_never_said_it_would_name_itself()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeMetadata = metadata => metadata.Remove("authorization_response_iss_parameter_supported");
        world.Provider.ShapeAuthorizeAnswer = answer => answer["iss"] = "https://evil.example";
        var alice = world.NewBrowser();
        (await alice.OpenAsync("/bff/login")).Status.ShouldBe(HttpStatusCode.BadRequest);
        alice.Session.ShouldBeNull();
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    [Trait("Standard", "RP-22")]
    public async Task A_redirect_of_the_token_endpoint_gets_neither_code_nor_secret(int status)
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        world.Provider.Faults.AnswerWith(status, "", "text/plain", ("Location", world.Api.Address + "/stolen"));

        var end = await alice.OpenAsync("/bff/login");

        ((int)end.Status).ShouldBeInRange(400, 503);
        ((int)end.Status).ShouldNotBe(500);
        world.Api.Calls.ShouldBeEmpty();
        alice.Session.ShouldBeNull();
    }

    public static TheoryData<string, int, string, string> BadTokenAnswers => new()
    {
        { "no JSON", 200, "text/html", "<html>welcome</html>" },
        { "half a JSON", 200, "application/json", """{"access_token":"abc""" },
        { "a JSON list", 200, "application/json", "[]" },
        { "an empty body", 200, "application/json", "" },
        { "a charset nobody knows", 200, "application/json; charset=klingon", "{}" },
        { "an access token that is no Unicode", 200, "application/json", """{"access_token":"\ud800","id_token":"a.b.c","token_type":"Bearer"}""" },
        { "an access token with a line break", 200, "application/json", """{"access_token":"a\r\nX-Injected: 1","id_token":"a.b.c","token_type":"Bearer"}""" },
        { "an access token with a space", 200, "application/json", """{"access_token":"a b","id_token":"a.b.c","token_type":"Bearer"}""" },
        { "an access token that is a number", 200, "application/json", """{"access_token":12345,"id_token":"a.b.c","token_type":"Bearer"}""" },
        { "an access token that is an object", 200, "application/json", """{"access_token":{"a":1},"id_token":"a.b.c","token_type":"Bearer"}""" },
        { "no tokens", 200, "application/json", "{}" },
        { "a refusal", 400, "application/json", """{"error":"invalid_grant"}""" },
        { "our client is unknown", 401, "application/json", """{"error":"invalid_client"}""" },
        { "down", 503, "text/plain", "later" },
        { "a huge answer", 200, "application/json", new string(' ', 3_000_000) + "{}" },
    };

    [Theory]
    [MemberData(nameof(BadTokenAnswers))]
    [Trait("Standard", "RP-19")]
    public async Task A_bad_answer_to_the_code_is_no_session_and_no_crash(string what, int status, string type, string body)
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        world.Provider.Faults.AnswerWith(status, body, type);

        var end = await alice.OpenAsync("/bff/login?login_hint=alice");

        ((int)end.Status).ShouldNotBe(500, what);
        alice.Session.ShouldBeNull(what);
        world.Sessions.ShouldBe(0);
        world.Provider.ComeBack();
        await alice.OpenAsync("/bff/login?login_hint=alice");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task A_provider_that_goes_down_in_the_middle_of_a_sign_in_is_called_unavailable()
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");
        world.Provider.GoDown();
        (await alice.StepAsync(callback, accept: "*/*")).ShouldBeProblem(503, "provider_unavailable");
    }

    [Fact]
    public async Task A_connection_that_breaks_in_the_middle_of_a_sign_in_is_called_unavailable()
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");
        world.Provider.Faults.ResetConnections();
        (await alice.StepAsync(callback, accept: "*/*")).ShouldBeProblem(503, "provider_unavailable");
    }

    public static TheoryData<string, object?> UnusableAccessTokens => new()
    {
        { "line break", "a\r\nX-Injected: 1" }, { "control character", "a\u0007b" }, { "space", "a b" }, { "beyond ASCII", "tökén" }, { "number", 12345 },
        { "object", new { a = 1 } }, { "list", Array.Empty<string>() }, { "null", null }, { "empty", "" }, { "true", true },
    };

    [Theory]
    [MemberData(nameof(UnusableAccessTokens))]
    [Trait("Standard", "RP-19")]
    public async Task An_access_token_that_no_call_could_carry_is_no_session(string what, object? token)
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeTokenAnswer = answer => answer["access_token"] = token;
        world.Provider.ShapeIdToken = claims => claims.Remove("at_hash");   // nothing else is wrong
        var alice = world.NewBrowser();

        var end = await alice.OpenAsync("/bff/login");

        end.Status.ShouldBe(HttpStatusCode.BadRequest, what);
        end.ShouldSay("sign_in_failed");
        alice.Session.ShouldBeNull(what);
    }

    [Theory]
    [InlineData(400, "application/json", """{"error":"invalid_grant"}""", 400, "sign_in_failed")]
    [InlineData(400, "application/json", "", 400, "sign_in_failed")]
    [InlineData(401, "application/json", """{"error":"invalid_client"}""", 502, "provider_refuses_client")]
    [InlineData(401, "text/plain", "", 502, "provider_refuses_client")]
    [InlineData(400, "application/json", """{"error":"invalid_target"}""", 502, "provider_refuses_client")]
    [InlineData(200, "application/json", """{"error":"unauthorized_client"}""", 502, "provider_refuses_client")]
    [InlineData(400, "application/json", """{"error":"temporarily_unavailable"}""", 503, "provider_unavailable")]
    [InlineData(404, "text/html", "<html>not found</html>", 503, "provider_unavailable")]
    [InlineData(400, "text/html", "<html>bad request</html>", 503, "provider_unavailable")]
    [InlineData(429, "application/json", """{"error":"invalid_client"}""", 503, "provider_unavailable")]
    public async Task A_refused_code_is_about_the_user_about_us_or_about_the_weather(int status, string type, string body, int problem, string code)
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");
        world.Provider.Faults.AnswerWith(status, body, type);
        (await alice.StepAsync(callback, accept: "*/*")).ShouldBeProblem(problem, code);
    }

    [Theory]
    [InlineData("mac")]
    [InlineData("DPoP")]
    [InlineData(null)]
    [Trait("Standard", "RP-18")]
    public async Task A_token_that_is_no_bearer_token_is_no_session(string? tokenType)
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeTokenAnswer = answer => answer["token_type"] = tokenType;
        var alice = world.NewBrowser();
        ((int)(await alice.OpenAsync("/bff/login")).Status).ShouldBe(400);
        alice.Session.ShouldBeNull();
    }
}
