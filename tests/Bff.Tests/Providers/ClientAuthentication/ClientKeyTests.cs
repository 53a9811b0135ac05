using System.Security.Cryptography;
using Bff.Providers.ClientAuthentication;

namespace Bff.Tests.Providers.ClientAuthentication;

public sealed class ClientKeyTests
{
    [Fact]
    public void Reads_RSA_and_EC_keys_in_every_usual_form()
    {
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        foreach (var text in new[] { rsa.ExportPkcs8PrivateKeyPem(), rsa.ExportRSAPrivateKeyPem(), Keys.Jwk(rsa.ExportPkcs8PrivateKeyPem()) })
        {
            ClientKey.Read(text).Algorithms.ShouldBe(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]);
        }

        foreach (var text in new[] { ec.ExportPkcs8PrivateKeyPem(), ec.ExportECPrivateKeyPem() }) { ClientKey.Read(text).Algorithms.ShouldBe(["ES384"]); }
    }

    [Fact]
    public void An_EC_key_signs_with_what_its_curve_is_for()
    {
        ClientKey.Read(Keys.NewEc(ECCurve.NamedCurves.nistP256)).Algorithms.ShouldBe(["ES256"]);
        ClientKey.Read(Keys.NewEc(ECCurve.NamedCurves.nistP521)).Algorithms.ShouldBe(["ES512"]);
    }

    /// <summary>The key of RFC 8037 appendix A.1.</summary>
    private const string Okp =
        """
        {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}
        """;

    public static TheoryData<string, string> Unusable => new()
    {
        { "a password", "neither a PEM file nor a JWK" },
        { Keys.NewRsa(1024), "1024 bits" },
        { Keys.Jwk(Keys.RsaPem, isPrivate: false), "is a public key" },
        { $$"""{"keys":[{{Keys.Jwk(Keys.RsaPem)}}]}""", "set of keys" },
        { "{\"kty\":", "not a JWK" },
        { Okp, "RSA or EC" },
        { """{"kty":"oct","k":"c2VjcmV0"}""", "RSA or EC" },
        { Pem("MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g"), "Ed25519" },
        { Pem("AAAA"), "cannot be read" },
        { Keys.NewEc(ECCurve.CreateFromFriendlyName("secp256k1")), "curve" },
        { Encrypted(), "encrypted" },
        { PublicPem(), "holds no private key" },
        { Keys.NewCertificate().Certificate, "holds no private key (but a CERTIFICATE)" },
        { Torn(), "broken" },
        { Keys.NewCertificate().Certificate + "\n" + Keys.EcPem, "beside a certificate" },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public void A_key_that_cannot_be_used_is_refused_in_words(string text, string reason) =>
        Should.Throw<CryptographicException>(() => ClientKey.Read(text)).Message.ShouldContain(reason);

    [Fact]
    public void An_RSA_key_signs_with_what_the_provider_announces()
    {
        var key = ClientKey.Read(Keys.RsaPem);
        key.Choose(null, []).ShouldBe("RS256");
        key.Choose(null, ["PS256", "RS256"]).ShouldBe("RS256");
        key.Choose(null, ["ES256", "PS256"]).ShouldBe("PS256");
        key.Choose(null, ["ES256"]).ShouldBe("RS256");
        key.Choose("RS512", ["PS256"]).ShouldBe("RS512");
        ClientKey.Read(Keys.Jwk(Keys.RsaPem, alg: "PS384")).Choose("", []).ShouldBe("PS384");
    }

    private static string Pem(string content) => $"-----BEGIN PRIVATE KEY-----\n{content}\n-----END PRIVATE KEY-----";

    private static string Encrypted()
    {
        using var rsa = RSA.Create(2048);
        return rsa.ExportEncryptedPkcs8PrivateKeyPem("password", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));
    }

    private static string PublicPem()
    {
        using var rsa = RSA.Create(2048);
        return rsa.ExportSubjectPublicKeyInfoPem();
    }

    /// <summary>The public half of one key and the private half of another.</summary>
    private static string Torn()
    {
        using var json = System.Text.Json.JsonDocument.Parse(Keys.Jwk(Keys.NewRsa(2048)));
        var modulus = json.RootElement.GetProperty("n").GetString()!;
        using var other = System.Text.Json.JsonDocument.Parse(Keys.Jwk(Keys.RsaPem));
        return Keys.Jwk(Keys.RsaPem).Replace(other.RootElement.GetProperty("n").GetString()!, modulus, StringComparison.Ordinal);
    }
}
