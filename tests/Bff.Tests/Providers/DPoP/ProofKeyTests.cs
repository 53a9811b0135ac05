using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Bff.Providers.DPoP;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Bff.Tests.Providers.DPoP;

[Trait("Standard", "RFC9449-1")]
public sealed class ProofKeyTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly JsonWebTokenHandler _handler = new();

    [Fact]
    public async Task Another_library_takes_every_proof_of_every_key()
    {
        // Among so many some numbers begin with a zero, which must not be left out.
        foreach (var key in Enumerable.Range(0, 600).Select(_ => ProofKey.New()))
        {
            await VerifiedAsync(ProofKey.Of(key.Text)!, key.Prove("GET", "https://api.example/a", Now, nonce: null));
        }
    }

    [Fact]
    public async Task A_proof_says_what_it_is_for()
    {
        var key = ProofKey.New();
        const string Target = "https://api.example:8443/a%2Fb+c&d'e\"\\\u00e4", Nonce = "eyJ7S_zG.eyJH0-Z.HX4w-7v";

        var proof = await VerifiedAsync(key, key.Prove("PATCH", Target, Now, Nonce, "DPoP the token"));

        Claims(proof).ShouldBe(
        [
            ("ath", Base64Url.EncodeToString(SHA256.HashData("the token"u8))), ("htm", "PATCH"), ("htu", Target), ("iat", $"{Now.ToUnixTimeSeconds()}"),
            ("jti", proof.Id), ("nonce", Nonce),
        ]);
        proof.Typ.ShouldBe("dpop+jwt");
        Claims(await VerifiedAsync(key, key.Prove("GET", Target, Now, nonce: null))).Select(claim => claim.Name).ShouldBe(["htm", "htu", "iat", "jti"]);
    }

    [Fact]
    public async Task Proofs_of_many_threads_at_once_are_all_right_and_all_different()
    {
        var key = ProofKey.New();

        var proofs = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(
            () => Enumerable.Range(0, 100).Select(_ => key.Prove("GET", "https://api.example/", Now, nonce: null, "DPoP token")).ToList())));

        var verified = await Task.WhenAll(proofs.SelectMany(some => some).Select(proof => VerifiedAsync(key, proof)));
        verified.Select(proof => proof.Id).Distinct().Count().ShouldBe(800);
    }

    [Fact]
    public void A_key_prints_nothing_of_itself_and_is_the_same_when_its_number_is()
    {
        var key = ProofKey.New();
        $"{key}".ShouldBe("ProofKey");
        ProofKey.Of(key.Text).ShouldBe(key);
        ProofKey.New().ShouldNotBe(key);
        ProofKey.Of(null).ShouldBeNull();
    }

    private async Task<JsonWebToken> VerifiedAsync(ProofKey key, string proof)
    {
        using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(proof.Split('.')[0]));
        var jwk = new JsonWebKey(header.RootElement.GetProperty("jwk").GetRawText());
        jwk.HasPrivateKey.ShouldBeFalse();
        Base64UrlEncoder.Encode(jwk.ComputeJwkThumbprint()).ShouldBe(key.Thumbprint);
        var result = await _handler.ValidateTokenAsync(proof, new TokenValidationParameters
        {
            IssuerSigningKey = jwk, ValidTypes = ["dpop+jwt"], ValidAlgorithms = ["ES256"], ValidateIssuer = false, ValidateAudience = false,
            ValidateLifetime = false,
        });
        result.IsValid.ShouldBeTrue(result.Exception?.Message);
        return (JsonWebToken)result.SecurityToken;
    }

    private static List<(string Name, string Value)> Claims(JsonWebToken proof)
    {
        using var payload = JsonDocument.Parse(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(proof.EncodedPayload)));
        return
        [
            .. payload.RootElement.EnumerateObject().Select(member => (member.Name, member.Value.ToString()))
                .OrderBy(claim => claim.Name, StringComparer.Ordinal),
        ];
    }
}
