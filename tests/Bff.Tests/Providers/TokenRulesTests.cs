using System.Text;
using Bff.Providers;
using Bff.Providers.Metadata;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;

namespace Bff.Tests.Providers;

/// <summary>What of ID tokens is a matter of settings: who else they are for, whose they are, and how they are signed.</summary>
public sealed class TokenRulesTests
{
    private const string AccessToken = "the-access-token", Template = "https://idp.example/{tenantid}/v2.0";

    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _clock = new(Now);

    [Theory]
    [InlineData(""" "aud":["bff","api"],"azp":"bff" """, null)]
    [InlineData(""" "aud":["api","bff"],"azp":"bff" """, null)]
    [InlineData(""" "aud":"bff" """, null)]
    [InlineData(""" "aud":["bff","api"] """, "The ID token is for other audiences, too, and has no azp.")]
    [InlineData(""" "aud":["bff","api"],"azp":"api" """, "The ID token has another client as its azp.")]
    [InlineData(""" "aud":["bff","api","other"],"azp":"bff" """, "The ID token is also for an audience we do not trust.")]
    [InlineData(""" "aud":["bff","API"],"azp":"bff" """, "The ID token is also for an audience we do not trust.")]
    [InlineData(""" "aud":["api"],"azp":"bff" """, "The ID token is for another audience.")]
    [Trait("Standard", "RP-3")]
    public async Task Other_audiences_are_accepted_that_are_listed_when_the_token_was_made_for_us(string audiences, string? refusal) =>
        await ShouldBeAsync(refusal, KeyPair.Signed(Claims(audiences)), options => options.TrustedAudiences = ["api"]);

    [Theory]
    [InlineData("https://idp.example/t1/v2.0", "t1", null)]
    [InlineData("https://idp.example/T2/v2.0", "T2", null)]
    [InlineData("https://idp.example/t1/v2.0", "t2", "The ID token is of another issuer than its tid.")]
    [InlineData("https://idp.example/t3/v2.0", "t3", "The ID token is of a tenant that is not in Bff:Oidc:Tenants.")]
    [InlineData("https://idp.example/{tenantid}/v2.0", "t1", "The ID token is of another issuer than its tid.")]
    [InlineData("https://idp.example/{tenantid}/v2.0", "{tenantid}", "The ID token is of a tenant that is not in Bff:Oidc:Tenants.")]
    [InlineData("https://idp.example/t1/v2.0", null, "The ID token has no tid.")]
    [InlineData("https://evil.example/t1/v2.0", "t1", "The ID token is of another issuer than its tid.")]
    [Trait("Standard", "RP-27")]
    public async Task The_issuer_of_a_tenant_is_the_template_with_its_own_tid(string issuer, string? tenant, string? refusal)
    {
        var tid = tenant is null ? "" : $",\"tid\":\"{tenant}\"";
        var token = KeyPair.Signed(Claims($"\"aud\":\"bff\"{tid}", issuer));
        await ShouldBeAsync(refusal, token, options => (options.IssuerTemplate, options.Tenants) = (Template, ["t1", "t2"]), issuer: Template);
    }

    [Fact]
    public async Task Any_tenant_may_come_where_that_is_said_but_no_text_that_is_none()
    {
        await ShouldBeAsync(null, Of("anybody"), Any, issuer: Template);
        await ShouldBeAsync("The ID token is of a tenant that is not in Bff:Oidc:Tenants.", Of("../evil"), Any, issuer: Template);

        static void Any(OidcOptions options) => (options.IssuerTemplate, options.Tenants) = (Template, ["*"]);
        static string Of(string tenant) => KeyPair.Signed(Claims($"\"aud\":\"bff\",\"tid\":\"{tenant}\"", $"https://idp.example/{tenant}/v2.0"));
    }

    [Theory]
    [InlineData("https://idp.example/t1/v2.0", true)]
    [InlineData("https://idp.example/{tenantid}/v2.0", true)]
    [InlineData("https://idp.example/t2/v2.0", false)]
    [Trait("Standard", "RP-27")]
    public async Task A_key_of_one_tenant_signs_for_no_other(string issuerOfKey, bool isAccepted)
    {
        var token = KeyPair.Signed(Claims("\"aud\":\"bff\",\"tid\":\"t1\"", "https://idp.example/t1/v2.0"));
        await ShouldBeAsync(
            isAccepted ? null : "The ID token is not signed with a key and an algorithm that the provider announces.", token,
            options => (options.IssuerTemplate, options.Tenants) = (Template, ["t1", "t2"]), KeyPair.RsaJwk($"\"issuer\":\"{issuerOfKey}\""), Template);
    }

    [Fact]
    public async Task A_token_signed_with_Ed25519_is_believed()
    {
        var token = KeyPair.SignedWithEd25519(Claims());
        await ShouldBeAsync(null, token, key: KeyPair.EdJwk());
        await ShouldBeAsync("The ID token has a wrong signature.", Spoilt(token), key: KeyPair.EdJwk());
    }

    [Theory]
    [InlineData("X25519", null)]
    [InlineData("Ed25519", "AAAA")]
    [InlineData("Ed25519", "no base64!")]
    [InlineData("Ed25519", "")]
    [Trait("Standard", "RP-28")]
    public async Task What_is_no_key_of_Ed25519_counts_for_nothing(string curve, string? x) =>
        await ShouldBeAsync(
            "The ID token is not signed with a key and an algorithm that the provider announces.", KeyPair.SignedWithEd25519(Claims()),
            key: KeyPair.EdJwk(curve, x));

    [Fact]
    [Trait("Standard", "RP-8")]
    public async Task Only_listed_algorithms_are_accepted()
    {
        await ShouldBeAsync(
            "The ID token is signed with an algorithm that is not accepted.", KeyPair.Signed(Claims()), options => options.SigningAlgorithms = ["EdDSA"]);
        await ShouldBeAsync(null, KeyPair.Signed(Claims()), options => options.SigningAlgorithms = ["RS256"]);
    }

    [Theory]
    [InlineData("HS256", 32)]
    [InlineData("HS384", 48)]
    [InlineData("HS512", 64)]
    [Trait("Standard", "RP-8")]
    public async Task A_token_signed_with_the_secret_is_believed_only_where_that_is_listed(string algorithm, int bytes)
    {
        var secret = new string('x', bytes);
        var token = KeyPair.SignedWithSecret(Claims(), Encoding.UTF8.GetBytes(secret), algorithm);
        await ShouldBeAsync(null, token, options => (options.ClientSecret, options.SigningAlgorithms) = (secret, [algorithm]));
        await ShouldBeAsync("The ID token is signed with an algorithm that is not accepted.", token, options => options.ClientSecret = secret);
        await ShouldBeAsync(
            "The ID token has a wrong signature.", Spoilt(token), options => (options.ClientSecret, options.SigningAlgorithms) = (secret, [algorithm]));
    }

    [Fact]
    [Trait("Standard", "RP-28")]
    public async Task A_public_key_is_no_secret()
    {
        foreach (var known in new[] { KeyPair.RsaJwk(), KeyPair.Rsa.ExportSubjectPublicKeyInfoPem(), KeyPair.Rsa.ExportRSAPublicKeyPem() })
        {
            await ShouldBeAsync("The ID token has a wrong signature.", KeyPair.SignedWithSecret(Claims(), Encoding.UTF8.GetBytes(known)), Both);
        }

        await ShouldBeAsync("The ID token has a wrong signature.", KeyPair.SignedWithSecret(Claims(), KeyPair.Rsa.ExportSubjectPublicKeyInfo()), Both);
        await ShouldBeAsync("The ID token has a wrong signature.", KeyPair.SignedWithSecret(Claims(), KeyPair.Rsa.ExportRSAPublicKey()), Both);

        static void Both(OidcOptions options) => options.SigningAlgorithms = ["RS256", "HS256"];
    }

    [Fact]
    [Trait("Standard", "RP-28")]
    public async Task A_secret_that_the_provider_publishes_as_a_key_counts_for_nothing()
    {
        var published = Encoding.UTF8.GetBytes(new string('p', 64));
        await ShouldBeAsync(
            "The ID token has a wrong signature.", KeyPair.SignedWithSecret(Claims(), published), options => options.SigningAlgorithms = ["HS256"],
            $$"""{"kty":"oct","kid":"k","alg":"HS256","k":"{{KeyPair.Encode(new string('p', 64))}}"}""");
    }

    [Theory]
    [InlineData("""{"sub":"alice"}""", null)]
    [InlineData("""{"sub":"alice","iss":"https://idp.example","aud":["other","bff"]}""", null)]
    [InlineData("""{"sub":"alice","iss":"https://evil.example"}""", "The userinfo response is of another issuer.")]
    [InlineData("""{"sub":"alice","aud":"other"}""", "The userinfo response is for another audience.")]
    [InlineData("""{"sub":"alice","exp":NOW-100}""", null)]
    [InlineData("""{"sub":"alice","exp":NOW-130}""", "The userinfo response has expired, is not valid yet, or does not say.")]
    [InlineData("""{"sub":"alice","nbf":NOW+100}""", null)]
    [InlineData("""{"sub":"alice","nbf":NOW+130}""", "The userinfo response has expired, is not valid yet, or does not say.")]
    [Trait("Standard", "RP-30")]
    public async Task A_signed_userinfo_response_is_held_to_issuer_audience_and_clock(string claims, string? refusal)
    {
        foreach (var seconds in new[] { -130, -100, 100, 130 })
        {
            claims = claims.Replace($"NOW{seconds:+0;-0}", $"{Now.ToUnixTimeSeconds() + seconds}", StringComparison.Ordinal);
        }

        var result = await OneProvider.Tokens(KeyPair.RsaJwk(), _clock).ValidateUserInfoAsync(KeyPair.Signed(claims), "https://idp.example", default);
        result.Exception?.Message.ShouldBe(refusal);
        result.IsValid.ShouldBe(refusal is null);
    }

    [Fact]
    [Trait("Standard", "RP-30")]
    public async Task A_userinfo_response_that_is_encrypted_or_unsigned_is_refused()
    {
        var tokens = OneProvider.Tokens(KeyPair.RsaJwk(), _clock);
        (await tokens.ValidateUserInfoAsync("a.b.c.d.e", "https://idp.example", default)).Exception.Message
            .ShouldBe("The userinfo response is encrypted, which Bff does not read.");
        (await tokens.ValidateUserInfoAsync(Spoilt(KeyPair.Signed("""{"sub":"alice"}""")), "https://idp.example", default)).Exception.Message
            .ShouldBe("The userinfo response has a wrong signature.");
    }

    private async Task ShouldBeAsync(
        string? refusal, string token, Action<OidcOptions>? set = null, string? key = null, string issuer = "https://idp.example")
    {
        var result = await OneProvider.Tokens(key ?? KeyPair.RsaJwk(), _clock, set, issuer).ValidateAsync(token, AccessToken, default);
        result.Exception?.ShouldBeOfType<TokenRefusedException>();
        result.Exception?.Message.ShouldBe(refusal);
        result.IsValid.ShouldBe(refusal is null);
    }

    private static string Claims(string more = "\"aud\":\"bff\"", string issuer = "https://idp.example") =>
        $$"""{"iss":"{{issuer}}","sub":"alice",{{more}},"iat":{{Now.ToUnixTimeSeconds()}},"exp":{{Now.ToUnixTimeSeconds() + 300}}}""";

    /// <summary>The first letter of the signature is another; the last ones may hold bits that count for nothing.</summary>
    private static string Spoilt(string token)
    {
        var at = token.LastIndexOf('.') + 1;
        return token[..at] + (token[at] == 'A' ? 'B' : 'A') + token[(at + 1)..];
    }
}
