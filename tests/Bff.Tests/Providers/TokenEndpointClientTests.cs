using System.Net;
using System.Text;
using Bff.Configuration;
using Bff.Providers;
using Bff.Providers.Metadata;
using Bff.Providers.TokenEndpoint;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using static Bff.Providers.TokenEndpoint.RefreshOutcome;

namespace Bff.Tests.Providers;

/// <summary>What each answer of the token endpoint means, one line an answer.</summary>
public class TokenEndpointClientTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TokenSet Old = new("old-access", "old-refresh", "old-id", "openid", Now.AddMinutes(-1), Now.AddSeconds(5));

    private readonly FakeTimeProvider _clock = new(Now);

    [Theory]
    [InlineData(400, """{"error":"invalid_grant"}""", "Rejected invalid_grant")]
    [InlineData(401, """{"error":"invalid_client"}""", "Misconfigured invalid_client")]
    [InlineData(400, """{"error":"unauthorized_client"}""", "Misconfigured unauthorized_client")]
    [InlineData(400, """{"error":"unsupported_grant_type"}""", "Misconfigured unsupported_grant_type")]
    [InlineData(400, """{"error":"invalid_scope"}""", "Misconfigured invalid_scope")]
    [InlineData(400, """{"error":"invalid_target"}""", "Misconfigured invalid_target")]
    [InlineData(400, """{"error":"line\nbreak"}""", "Refused unknown_error")]
    [InlineData(403, "<html>blocked</html>", "Unavailable http_403")]
    [InlineData(403, """{"error":"invalid_grant"}""", "Rejected invalid_grant")]
    [InlineData(403, """{"error":"access_denied"}""", "Misconfigured access_denied")]
    [InlineData(403, """{"error":"invalid_request","error_description":"HTTPS required"}""", "Misconfigured invalid_request")]
    [InlineData(401, """{"error":"Unauthorized"}""", "Unavailable Unauthorized")]
    [InlineData(401, """{"error":"Not Allowed"}""", "Unavailable unknown_error")]
    [InlineData(400, """{"error":"Bad Request"}""", "Refused unknown_error")]
    [InlineData(401, """{"message":"Unauthorized"}""", "Unavailable http_401")]
    [InlineData(401, """{"message":"token not found"}""", "Refused http_401")]
    [InlineData(400, """{"error":"unknown_error"}""", "Unavailable unknown_error")]
    [InlineData(400, """{"error":"internal_failure"}""", "Unavailable internal_failure")]
    [InlineData(400, """{"error":"temporarily_locked"}""", "Unavailable temporarily_locked")]
    [InlineData(400, """{"error":"ThrottlingException"}""", "Unavailable ThrottlingException")]
    [InlineData(401, """{"error":"rate_limit"}""", "Unavailable rate_limit")]
    [InlineData(400, """{"error":"gateway_timeout"}""", "Unavailable gateway_timeout")]
    [InlineData(200, """{"error":0,"access_token":"a","token_type":"Bearer"}""", "Renewed")]
    [InlineData(403, """{"error":"Forbidden"}""", "Unavailable Forbidden")]
    [InlineData(403, """{"error":{"code":403}}""", "Unavailable http_403")]
    [InlineData(404, """{"error":"invalid_client"}""", "Misconfigured invalid_client")]
    [InlineData(404, "<html>", "Unavailable http_404")]
    [InlineData(404, "", "Unavailable http_404")]
    [InlineData(410, "gone", "Unavailable http_410")]
    [InlineData(400, "", "Refused http_400")]
    [InlineData(400, "{}", "Refused http_400")]
    [InlineData(400, "[]", "Refused http_400")]
    [InlineData(401, "no", "Refused http_401")]
    [InlineData(400, "<!doctype html>", "Unavailable http_400")]
    [InlineData(401, " \r\n<?xml version='1.0'?>", "Unavailable http_401")]
    [InlineData(400, """{"error":"invalid_request"}""", "Refused invalid_request")]
    [InlineData(400, """{"error":"interaction_required"}""", "Refused interaction_required")]
    [InlineData(400, """{"error":"invalid_grant","suberror":"basic_action"}""", "Refused basic_action")]
    [InlineData(400, """{"error":"invalid_grant","suberror":"bad_token"}""", "Rejected invalid_grant")]
    [InlineData(400, """{"error":"invalid_grant","error_description":"reauth related error (invalid_rapt)"}""", "Refused invalid_rapt")]
    [InlineData(403, """{"error":"mfa_required"}""", "Refused mfa_required")]
    [InlineData(200, """{"error":"bad_refresh_token"}""", "Refused bad_refresh_token")]
    [InlineData(200, """{"error":"invalid_client"}""", "Misconfigured invalid_client")]
    [InlineData(400, """{"error":"slow_down"}""", "Unavailable slow_down")]
    [InlineData(400, """{"error":"temporarily_unavailable"}""", "Unavailable temporarily_unavailable")]
    [InlineData(429, "", "Unavailable http_429")]
    [InlineData(503, "", "Unavailable http_503")]
    [InlineData(500, """{"error":"invalid_grant"}""", "Unavailable http_500")]
    [InlineData(502, "<html>", "Unavailable http_502")]
    [InlineData(307, "", "Unavailable http_307")]
    [InlineData(200, "<html>please log in</html>", "Unavailable not_json")]
    [InlineData(200, "[]", "Unavailable not_json")]
    [InlineData(200, """{"token_type":"Bearer"}""", "Unavailable no_access_token")]
    [InlineData(200, """{"access_token":"a","token_type":"mac"}""", "Misconfigured token_type")]
    [InlineData(200, """{"access_token":"a","token_type":"bEARER","expires_in":60}""", "Renewed")]
    [InlineData(200, """{"access_token":"a","expires_in":"60"}""", "Renewed")]
    [InlineData(200, """{"access_token":"a","display":"\ud83d","\udc00":1}""", "Renewed")]
    [InlineData(200, """{"access_token":"a","token_type":"Bearer","id_token":"rubbish"}""", "Misconfigured id_token")]
    [InlineData(200, """{"access_token":"a","token_type":"Bearer","id_token":{}}""", "Misconfigured id_token")]
    [InlineData(200, """{"access_token":"a","token_type":"Bearer","id_token":null}""", "Renewed")]
    [InlineData(200, """{"access_token":7}""", "Unavailable no_access_token")]
    [InlineData(200, """{"access_token":"line\nbreak"}""", "Unavailable no_access_token")]
    [InlineData(200, """{"access_token":"\ud800"}""", "Unavailable no_access_token")]
    [Trait("Standard", "RP-19")]
    [Trait("Standard", "WILD-6")]
    public async Task Every_answer_has_one_meaning(int status, string body, string expected)
    {
        var outcome = await Client(_ => Answer(status, body)).RefreshAsync(Old, "alice");
        Describe(outcome).ShouldBe(expected);
    }

    [Theory]
    [InlineData(200, """{"error":"server_error","access_token":"a","refresh_token":"next"}""")]
    [InlineData(200, """{"error":"login_required","refresh_token":"next"}""")]
    [InlineData(400, """{"error":"invalid_client","refresh_token":"next"}""")]
    [InlineData(200, """{"access_token":"\ud800","refresh_token":"next"}""")]
    public async Task A_refresh_token_beside_an_error_is_not_lost(int status, string body)
    {
        var outcome = await Client(_ => Answer(status, body)).RefreshAsync(Old, "alice");
        outcome.ShouldNotBeOfType<Renewed>();
        outcome.RotatedRefreshToken.ShouldBe("next");
    }

    [Fact]
    public async Task What_the_answer_leaves_out_is_kept()
    {
        var outcome = await Client(_ => Answer(200, """{"access_token":"new","token_type":"Bearer"}""")).RefreshAsync(Old, "alice");
        outcome.ShouldBe(new Renewed(new TokenSet("new", "old-refresh", "old-id", "openid", Now, Now.AddMinutes(5), Acr: "")));
    }

    [Fact]
    public async Task What_the_answer_brings_is_taken()
    {
        var outcome = await Client(
            _ => Answer(200, """{"access_token":"new","refresh_token":"next","scope":"a b","expires_in":60}""")).RefreshAsync(Old, "alice");
        outcome.ShouldBe(new Renewed(new TokenSet("new", "next", "old-id", "a b", Now, Now.AddMinutes(1), Acr: "")));
    }

    [Theory]
    [InlineData("""{"access_token":"a","token_type":"mac","refresh_token":"next","refresh_expires_in":60}""")]
    [InlineData("""{"refresh_token":"next","refresh_expires_in":60}""")]
    [InlineData("""{"access_token":"a","id_token":"rubbish","refresh_token":"next","refresh_token_expires_in":"60","refresh_expires_in":1}""")]
    public async Task A_rotated_refresh_token_in_a_useless_answer_is_not_lost(string body)
    {
        var outcome = await Client(_ => Answer(200, body)).RefreshAsync(Old, "alice");
        outcome.RotatedRefreshToken.ShouldBe("next");
        outcome.RotatedRefreshTokenExpiresAt.ShouldBe(Now.AddMinutes(1));
        outcome.ToString().ShouldNotContain("next");
    }

    [Fact]
    public async Task The_end_of_a_refresh_token_is_kept_with_the_token_and_goes_with_it()
    {
        var old = Old with { RefreshTokenExpiresAt = Now.AddHours(1) };
        (await TokensAsync("""{"access_token":"a"}""")).RefreshTokenExpiresAt.ShouldBe(Now.AddHours(1));
        (await TokensAsync("""{"access_token":"a","refresh_expires_in":60}""")).RefreshTokenExpiresAt.ShouldBe(Now.AddMinutes(1));
        (await TokensAsync("""{"access_token":"a","refresh_token":"next","refresh_token_expires_in":60}""")).RefreshTokenExpiresAt.ShouldBe(Now.AddMinutes(1));
        (await TokensAsync("""{"access_token":"a","refresh_token":"next"}""")).RefreshTokenExpiresAt.ShouldBeNull();
        (await TokensAsync("""{"access_token":"a","refresh_token":"next","refresh_expires_in":0}""")).RefreshTokenExpiresAt.ShouldBeNull();

        async Task<TokenSet> TokensAsync(string body) => (await Client(_ => Answer(200, body)).RefreshAsync(old, "alice")).ShouldBeOfType<Renewed>().Tokens;
    }

    [Theory]
    [InlineData("Basic realm=\"token\"", "Misconfigured http_401")]
    [InlineData("Bearer error=\"invalid_token\"", "Refused http_401")]
    public async Task A_401_that_asks_for_the_clients_password_is_about_the_client(string challenge, string expected)
    {
        var outcome = await Client(_ =>
        {
            var answer = Answer(401, "");
            answer.Headers.TryAddWithoutValidation("WWW-Authenticate", challenge);
            return answer;
        }).RefreshAsync(Old, "alice");
        Describe(outcome).ShouldBe(expected);
    }

    [Fact]
    public async Task An_answer_in_a_charset_nobody_knows_is_read_as_json()
    {
        var outcome = await Client(_ =>
        {
            var answer = Answer(400, """{"error":"invalid_grant"}""");
            answer.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json; charset=windows-1252");
            answer.Content.Headers.ContentType!.CharSet = "utf8x";
            return answer;
        }).RefreshAsync(Old, "alice");
        Describe(outcome).ShouldBe("Rejected invalid_grant");
    }

    [Theory]
    [InlineData("120", 120)]
    [InlineData("Tue, 01 Jan 2030 12:01:30 GMT", 90)]
    public async Task Retry_after_is_read_in_both_forms(string header, int seconds)
    {
        var outcome = await Client(_ =>
        {
            var answer = Answer(503, "");
            answer.Headers.TryAddWithoutValidation("Retry-After", header);
            return answer;
        }).RefreshAsync(Old, "alice");
        outcome.ShouldBe(new Unavailable("http_503", TimeSpan.FromSeconds(seconds)));
    }

    [Fact]
    public async Task A_reset_connection_is_an_outage() =>
        Describe(await Client(_ => throw new HttpRequestException("reset")).RefreshAsync(Old, "alice")).ShouldBe("Unavailable connection");

    [Fact]
    [Trait("Standard", "RP-19")]
    public async Task A_provider_that_hangs_is_an_outage_after_the_token_timeout()
    {
        var asked = new TaskCompletionSource();
        var refresh = Client(_ => { asked.SetResult(); return null; }).RefreshAsync(Old, "alice");
        await asked.Task;
        _clock.Advance(TimeSpan.FromSeconds(9));
        refresh.IsCompleted.ShouldBeFalse();
        _clock.Advance(TimeSpan.FromSeconds(1));
        Describe(await refresh).ShouldBe("Unavailable timeout");
    }

    [Fact]
    [Trait("Standard", "BBA-1")]
    public async Task A_refresh_carries_the_client_authentication()
    {
        var (form, header) = ("", "");
        await Client(request =>
        {
            (form, header) = (request.Content!.ReadAsStringAsync().GetAwaiter().GetResult(), $"{request.Headers.Authorization}");
            return Answer(200, """{"access_token":"a"}""");
        }).RefreshAsync(Old, "alice");
        form.Split('&').ShouldBe(["grant_type=refresh_token", "refresh_token=old-refresh"], ignoreOrder: true);
        header.ShouldBe("Basic " + Convert.ToBase64String("bff:secret"u8));
    }

    [Fact]
    [Trait("Standard", "RP-12")]
    public async Task Another_issuer_in_the_metadata_is_refused()
    {
        var client = Client(_ => Answer(200, """{"access_token":"a"}"""), issuer: "https://evil.example");
        Describe(await client.RefreshAsync(Old, "alice")).ShouldBe("Unavailable discovery");
    }

    private TokenEndpointClient Client(Func<HttpRequestMessage, HttpResponseMessage?> tokenEndpoint, string issuer = "https://idp.example")
    {
        var clients = new OneClient(new PretendProvider(tokenEndpoint, issuer));
        return ProviderPieces.Of(clients, _clock).TokenEndpoint;
    }

    private static string Describe(RefreshOutcome outcome) => outcome switch
    {
        Renewed => "Renewed",
        Rejected rejected => "Rejected " + rejected.Error,
        Refused refused => "Refused " + refused.Error,
        Misconfigured wrong => "Misconfigured " + wrong.Error,
        Unavailable down => "Unavailable " + down.Reason,
        _ => outcome.ToString(),
    };

    private static HttpResponseMessage Answer(int status, string body) =>
        new((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, body.TrimStart().StartsWith('<') ? "text/html" : "application/json") };

    private sealed class OneClient(HttpMessageHandler handler) : IHttpClientFactory
    {
        public HttpClient CreateClient(string name) => new(handler, disposeHandler: false);
    }

    private sealed class PretendProvider(Func<HttpRequestMessage, HttpResponseMessage?> tokenEndpoint, string issuer) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            switch (request.RequestUri!.AbsolutePath)
            {
                case "/.well-known/openid-configuration":
                    return Answer(200, $$"""{"issuer":"{{issuer}}","authorization_endpoint":"https://idp.example/a","""
                    + $$""" "token_endpoint":"https://idp.example/t","jwks_uri":"https://idp.example/j"}""");
                case "/j":
                    return Answer(200, """{"keys":[]}""");
                default:
                    if (tokenEndpoint(request) is { } answer) { return answer; }
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
                    throw new InvalidOperationException();
            }
        }
    }
}
