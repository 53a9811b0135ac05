using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace Bff.HostTests.Providers;

/// <summary>The provider and the APIs of these tests notice a wrong proof, so that a right one means something.</summary>
public sealed class ProofCheckerTests
{
    private const string Target = "https://api.example/orders", Token = "an-access-token", Nonce = "a-nonce";

    private static readonly ECDsa Pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private static readonly ECDsa OtherPair = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private readonly TestClock _clock = new();
    private readonly ProofChecker _checker;

    public ProofCheckerTests() => _checker = new(_clock) { Nonce = Nonce };

    [Fact]
    public async Task A_right_proof_is_taken_once()
    {
        var proof = Proof();
        (await CheckAsync(proof)).Thumbprint.ShouldBe(Base64UrlEncoder.Encode(Jwk(Pair).ComputeJwkThumbprint()));
        (await CheckAsync(proof)).Reason.ShouldBe("a jti of before");
    }

    public static TheoryData<string> Wrong =>
    [
        "htm", "htu", "htu with query", "iat early", "iat late", "no iat", "ath", "no ath", "nonce", "no nonce", "no jti", "short jti", "typ", "no jwk",
        "private jwk", "other key", "RS256", "HS256", "text", "two",
    ];

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_wrong_one_is_not(string what)
    {
        string[] proofs = what switch
        {
            "htm" => [Proof(claims => claims["htm"] = "POST")],
            "htu" => [Proof(claims => claims["htu"] = "https://api.example/other")],
            "htu with query" => [Proof(claims => claims["htu"] = Target + "?x=1")],
            "iat early" => [Proof(claims => claims["iat"] = _clock.Now.AddMinutes(-1).ToUnixTimeSeconds())],
            "iat late" => [Proof(claims => claims["iat"] = _clock.Now.AddMinutes(1).ToUnixTimeSeconds())],
            "ath" => [Proof(claims => claims["ath"] = Base64UrlEncoder.Encode(SHA256.HashData("another"u8)))],
            "nonce" => [Proof(claims => claims["nonce"] = "another")],
            "short jti" => [Proof(claims => claims["jti"] = "1")],
            "no iat" or "no ath" or "no nonce" or "no jti" => [Proof(claims => claims.Remove(what[3..]))],
            "typ" => [Proof(header: header => header["typ"] = "JWT")],
            "no jwk" => [Proof(header: header => header.Remove("jwk"))],
            "private jwk" => [Proof(header: header => header["jwk"] = Members(Pair, isPrivate: true))],
            "other key" => [Proof(header: header => header["jwk"] = Members(OtherPair))],
            "RS256" => [Jwt.Sign(Claims(), SigningKey.Number(1), header => (header["typ"], header["jwk"]) = ("dpop+jwt", SigningKey.Number(1).Public()))],
            "HS256" => [Jwt.SignWithSecret(Claims(), "a secret of thirty-two characters")],
            "two" => [Proof(), Proof()],
            _ => ["no token at all"],
        };

        (await CheckAsync(proofs)).Thumbprint.ShouldBeNull();
        _checker.Taken.ShouldBeEmpty();
    }

    private Task<ProofChecker.Result> CheckAsync(params string[] proofs) => _checker.CheckAsync(proofs, "GET", Target, Token);

    private Dictionary<string, object?> Claims() => new()
    {
        ["htm"] = "GET", ["htu"] = Target, ["iat"] = _clock.Now.ToUnixTimeSeconds(), ["jti"] = Guid.NewGuid().ToString("N"), ["nonce"] = Nonce,
        ["ath"] = Base64UrlEncoder.Encode(SHA256.HashData("an-access-token"u8)),
    };

    /// <summary>Signed by hand: the library writes no header that it thinks wrong.</summary>
    private string Proof(Action<Dictionary<string, object?>>? claims = null, Action<Dictionary<string, object?>>? header = null)
    {
        var (all, head) = (Claims(), new Dictionary<string, object?> { ["typ"] = "dpop+jwt", ["alg"] = "ES256", ["jwk"] = Members(Pair) });
        claims?.Invoke(all);
        header?.Invoke(head);
        var signed = Encode(head) + "." + Encode(all);
        return signed + "." + Base64UrlEncoder.Encode(Pair.SignData(System.Text.Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256));

        static string Encode(Dictionary<string, object?> value) => Base64UrlEncoder.Encode(System.Text.Json.JsonSerializer.Serialize(value));
    }

    private static JsonWebKey Jwk(ECDsa pair) => JsonWebKeyConverter.ConvertFromECDsaSecurityKey(new ECDsaSecurityKey(pair));

    private static Dictionary<string, string> Members(ECDsa pair, bool isPrivate = false)
    {
        var key = pair.ExportParameters(isPrivate);
        var members = new Dictionary<string, string>
        {
            ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Base64UrlEncoder.Encode(key.Q.X!), ["y"] = Base64UrlEncoder.Encode(key.Q.Y!),
        };
        if (isPrivate) { members["d"] = Base64UrlEncoder.Encode(key.D!); }
        return members;
    }
}
