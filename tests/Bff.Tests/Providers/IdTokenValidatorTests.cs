using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Bff.Configuration;
using Bff.Providers;
using Bff.Providers.Metadata;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;

namespace Bff.Tests.Providers;

/// <summary>Which ID tokens are believed: the provider's keys and metadata on one side, a header and claims written by hand on the other.</summary>
public sealed class IdTokenValidatorTests
{
    private const string Header = """{"alg":"RS256","typ":"JWT","kid":"k"}""";
    private const string AccessToken = "the-access-token";

    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly long Second = Now.ToUnixTimeSeconds();
    private static readonly RSA Rsa = RSA.Create(2048);
    private static readonly RSA OtherRsa = RSA.Create(2048);
    private static readonly RSA WeakRsa = RSA.Create(1024);
    private static readonly ECDsa P256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private static readonly ECDsa P384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);

    private readonly FakeTimeProvider _clock = new(Now);

    [Theory]
    [InlineData(Header)]
    [InlineData("""{"alg":"RS256"}""")]
    [InlineData("""{"alg":"RS256","typ":"jwt","kid":"another name"}""")]
    [InlineData("""{"alg":"RS256","typ":"application/jwt","x-more":1}""")]
    public async Task A_token_as_it_should_be_is_believed(string header) => await ShouldBeAsync(true, Sign(header, Claims()));

    public static TheoryData<string> WrongHeaders =>
    [
        """{"alg":"RS256","kid":"k","crit":["exp"],"exp":1}""",
        """{"alg":"RS256","kid":"k","crit":[]}""",
        """{"alg":"RS256","kid":"k","crit":null}""",
        """{"alg":"RS256","kid":"k","b64":false,"crit":["b64"]}""",
        """{"alg":"RS256","kid":"k","b64":false}""",
        """{"alg":"RS256","kid":"k","typ":"at+jwt"}""",
        """{"alg":"RS256","kid":"k","typ":"application/at+jwt"}""",
        """{"alg":"RS256","kid":"k","typ":"AT+JWT"}""",
        """{"alg":"RS256","kid":"k","typ":"logout+jwt"}""",
        """{"alg":"RS256","kid":"k","typ":"Application/Logout+JWT"}""",
        """{"alg":"RS256","kid":"k","typ":"secevent+jwt"}""",
        """{"alg":"RS256","kid":"k","typ":"dpop+jwt"}""",
        """{"alg":"RS256","kid":"k","typ":["JWT"]}""",
        """{"alg":"none","alg":"RS256","kid":"k"}""",
        """{"alg":"RS256","alg":"none","kid":"k"}""",
        """{"alg":"RS256","kid":"k","kid":"k"}""",
        """{"alg":"none"}""",
        """{"alg":"HS256","kid":"k"}""",
        """{"alg":"rs256","kid":"k"}""",
        """{"kid":"k"}""",
        """[]""",
        """null""",
        """{"alg":"RS256","kid":"k" """,
    ];

    [Theory]
    [MemberData(nameof(WrongHeaders))]
    [Trait("Standard", "RP-8")]
    [Trait("Standard", "WILD-1")]
    [Trait("Standard", "WILD-2")]
    public async Task A_header_that_says_something_else_is_refused(string header) => await ShouldBeAsync(false, Sign(header, Claims()));

    [Fact]
    [Trait("Standard", "RP-28")]
    public async Task A_key_that_the_token_brings_along_counts_for_nothing()
    {
        var key = OtherRsa.ExportParameters(includePrivateParameters: false);
        var jwk = $$"""{"kty":"RSA","n":"{{Base64Url.EncodeToString(key.Modulus)}}","e":"{{Base64Url.EncodeToString(key.Exponent)}}"}""";
        await ShouldBeAsync(false, Sign($$"""{"alg":"RS256","jwk":{{jwk}},"jku":"https://evil.example/j"}""", Claims(), OtherRsa));
    }

    [Fact]
    public async Task An_encrypted_token_is_refused()
    {
        var token = Sign(Header, Claims());
        var parts = token.Split('.');
        await ShouldBeAsync(
            false, string.Join('.', Encode("""{"alg":"RSA-OAEP","enc":"A256GCM","cty":"JWT","kid":"k"}"""), parts[1], parts[1], parts[1], parts[2]));
    }

    [Theory]
    [InlineData("""{"iss":"https://idp.example","sub":"alice","sub":"bob","aud":"bff","iat":NOW,"exp":LATER}""")]
    [InlineData("""{"iss":"https://idp.example","sub":"alice","aud":"bff","iat":"soon","exp":LATER}""")]
    [InlineData("""{"iss":"https://idp.example","sub":"alice","aud":"bff","iat":9000000000000,"exp":LATER}""")]
    [InlineData("""{"iss":"https://idp.example","sub":"alice","aud":"bff","iat":1e300,"exp":LATER}""")]
    [InlineData("""{"iss":"https://idp.example","sub":"alice","aud":"bff","iat":null,"exp":LATER}""")]
    [InlineData("""{"iss":"https://idp.example","sub":"alice","aud":"bff","exp":LATER}""")]
    [InlineData("""{"iss":"https://idp.example","sub":"alice","aud":"other","iat":NOW,"exp":LATER}""")]
    [InlineData("""{"iss":"https://idp.example","sub":"alice","aud":"bff","azp":"other","iat":NOW,"exp":LATER}""")]
    [InlineData("""{"iss":"https://idp.example","sub":"alice","aud":"bff","iat":NOW,"exp":NOW,"nbf":LATER}""")]
    [InlineData("""{"iss":"https://idp.example","sub":"alice","aud":"bff","at_hash":"abc","iat":NOW,"exp":LATER}""")]
    [InlineData("""{"iss":"https://idp.example","sub":"alice","aud":"bff","at_hash":"","iat":NOW,"exp":LATER}""")]
    [InlineData("""{"iss":"https://idp.example","sub":"alice","aud":"bff","at_hash":5,"iat":NOW,"exp":LATER}""")]
    [InlineData("""{"iss":"https://idp.example","sub":"alice","aud":"bff","iat":true,"exp":LATER}""")]
    [InlineData("""[]""")]
    [Trait("Standard", "RP-3"), Trait("Standard", "RP-4"), Trait("Standard", "RP-5"), Trait("Standard", "RP-10")]
    public async Task Claims_that_cannot_be_believed_are_refused(string claims) =>
        await ShouldBeAsync(
            false, Sign(Header, claims.Replace("NOW", $"{Second}", StringComparison.Ordinal).Replace("LATER", $"{Second + 300}", StringComparison.Ordinal)));

    [Theory]
    [InlineData(-86_400, false, true)]
    [InlineData(-170, false, true)]
    [InlineData(-100, true, true)]
    [InlineData(110, true, true)]
    [InlineData(130, false, false)]
    [InlineData(86_400, false, false)]
    [Trait("Standard", "RP-5")]
    public async Task A_token_issued_far_from_now_is_refused_and_an_old_one_at_sign_in_only(int seconds, bool atSignIn, bool atRenewal)
    {
        var token = Sign(Header, Claims(Second + seconds));
        (await Handler().ValidateTokenAsync(token, new TokenValidationParameters())).IsValid.ShouldBe(atSignIn);
        await ShouldBeAsync(atRenewal, token);
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("RS384")]
    [InlineData("RS512")]
    [Trait("Standard", "RP-10")]
    public async Task The_hash_of_the_access_token_is_compared_by_the_hash_of_the_algorithm(string algorithm)
    {
        var bytes = Encoding.ASCII.GetBytes(AccessToken);
        var hash = algorithm switch { "RS256" => SHA256.HashData(bytes), "RS384" => SHA384.HashData(bytes), _ => SHA512.HashData(bytes) };
        var claims = Claims().Replace(
            "\"sub\"", $"\"at_hash\":\"{Base64Url.EncodeToString(hash.AsSpan(0, hash.Length / 2))}\",\"sub\"", StringComparison.Ordinal);
        var handler = Handler(announced: """["RS256","RS384","RS512"]""");
        var token = Sign($$"""{"alg":"{{algorithm}}","kid":"k"}""", claims);
        (await handler.ValidateAsync(token, AccessToken, default)).IsValid.ShouldBeTrue();
        (await handler.ValidateAsync(token, "another", default)).IsValid.ShouldBeFalse();
    }

    [Theory]
    [InlineData("PS256", null, null, false)]
    [InlineData("RS256", null, null, true)]
    [InlineData("PS256", """["RS256"]""", null, false)]
    [InlineData("PS256", """["RS256","PS256"]""", null, true)]
    [InlineData("PS256", """["RS256"]""", "\"alg\":\"PS256\"", true)]
    [InlineData("RS256", """["RS256","PS256"]""", "\"alg\":\"PS256\"", false)]
    [InlineData("RS256", """["RS256"]""", "\"alg\":\"RSA-OAEP\"", false)]
    [InlineData("RS256", """["RS256"]""", "\"use\":\"sig\"", true)]
    [InlineData("RS256", """["RS256"]""", "\"use\":\"enc\"", false)]
    [InlineData("RS256", """["RS256"]""", "\"key_ops\":[\"verify\"]", true)]
    [InlineData("RS256", """["RS256"]""", "\"key_ops\":[\"encrypt\"]", false)]
    [InlineData("RS256", """["ES256"]""", null, false)]
    [Trait("Standard", "RP-28")]
    public async Task A_key_counts_for_the_algorithms_that_metadata_or_the_key_itself_announce(string algorithm, string? announced, string? jwk, bool valid) =>
        await ShouldBeAsync(valid, Sign($$"""{"alg":"{{algorithm}}","kid":"k"}""", Claims()), Handler(announced, RsaKey(Rsa, jwk)));

    [Fact]
    [Trait("Standard", "RP-28")]
    public async Task A_short_key_counts_for_nothing_however_it_is_written()
    {
        var token = Sign(Header, Claims(), WeakRsa);
        await ShouldBeAsync(false, token, Handler(key: RsaKey(WeakRsa)));
        await ShouldBeAsync(false, token, Handler(key: RsaKey(WeakRsa, padding: 128)));
    }

    [Fact]
    [Trait("Standard", "RP-28")]
    public async Task A_curve_counts_for_its_own_algorithm()
    {
        const string Both = """["ES256","ES384"]""";
        await ShouldBeAsync(true, Sign("""{"alg":"ES256"}""", Claims(), P256), Handler(Both, EcKey(P256, "P-256")));
        await ShouldBeAsync(true, Sign("""{"alg":"ES384"}""", Claims(), P384), Handler(Both, EcKey(P384, "P-384")));
        await ShouldBeAsync(false, Sign("""{"alg":"ES256"}""", Claims(), P384), Handler(Both, EcKey(P384, "P-384")));
        await ShouldBeAsync(false, Sign("""{"alg":"ES256"}""", Claims(), P256), Handler("""["RS256"]""", EcKey(P256, "P-256")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a.b")]
    [InlineData("a.b.c")]
    [InlineData("..")]
    [InlineData("€.€.€")]
    public async Task Rubbish_is_refused(string token) => await ShouldBeAsync(false, token);

    private async Task ShouldBeAsync(bool valid, string token, IdTokenValidator? handler = null)
    {
        var result = await (handler ?? Handler()).ValidateAsync(token, AccessToken, default);
        result.IsValid.ShouldBe(valid, result.Exception?.Message ?? token);
    }

    private IdTokenValidator Handler(string? announced = """["RS256"]""", string? key = null) =>
        ProviderPieces.Of(new OneClient(new Metadata(announced, key ?? RsaKey(Rsa))), _clock).IdTokens;

    private static string Claims(long? issuedAt = null) =>
        $$"""{"iss":"https://idp.example","sub":"alice","aud":"bff","iat":{{issuedAt ?? Second}},"exp":{{Second + 300}}}""";

    private static string RsaKey(RSA rsa, string? more = null, int padding = 0)
    {
        var key = rsa.ExportParameters(includePrivateParameters: false);
        var modulus = Base64Url.EncodeToString([.. new byte[padding], .. key.Modulus!]);
        return $$"""{"kty":"RSA","kid":"k","n":"{{modulus}}","e":"{{Base64Url.EncodeToString(key.Exponent)}}"{{(more is null ? "" : "," + more)}}}""";
    }

    private static string EcKey(ECDsa ec, string curve)
    {
        var key = ec.ExportParameters(includePrivateParameters: false);
        return $$"""{"kty":"EC","kid":"k","crv":"{{curve}}","x":"{{Base64Url.EncodeToString(key.Q.X)}}","y":"{{Base64Url.EncodeToString(key.Q.Y)}}"}""";
    }

    private static string Sign(string header, string claims, AsymmetricAlgorithm? key = null)
    {
        var signed = Encode(header) + "." + Encode(claims);
        var bytes = Encoding.ASCII.GetBytes(signed);
        var hash = header.Contains("384", StringComparison.Ordinal) ? HashAlgorithmName.SHA384 : header.Contains("512", StringComparison.Ordinal)
            ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256;
        var padding = header.Contains("PS256", StringComparison.Ordinal) ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
        return signed + "." + Base64Url.EncodeToString(key is ECDsa ec ? ec.SignData(bytes, hash) : ((RSA?)key ?? Rsa).SignData(bytes, hash, padding));
    }

    private static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

    private sealed class OneClient(HttpMessageHandler handler) : IHttpClientFactory
    {
        public HttpClient CreateClient(string name) => new(handler, disposeHandler: false);
    }

    private sealed class Metadata(string? announced, string key) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var algorithms = announced is null ? "" : $",\"id_token_signing_alg_values_supported\":{announced}";
            var body = request.RequestUri!.AbsolutePath == "/j"
                ? $$"""{"keys":[{{key}}]}"""
                : $$"""{"issuer":"https://idp.example","authorization_endpoint":"https://idp.example/a","""
                    + $$""" "token_endpoint":"https://idp.example/t","jwks_uri":"https://idp.example/j"{{algorithms}}}""";
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(body, Encoding.UTF8, "application/json") });
        }
    }
}
