using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;

namespace Bff.HostTests.PretendProviders;

/// <summary>The private halves that tests give to the proxy.</summary>
public sealed class TokenKeyTests
{
    [Theory]
    [InlineData("RS256")]
    [InlineData("PS256")]
    [InlineData("ES256")]
    [InlineData("ES384")]
    [InlineData("ES512")]
    public void A_private_key_is_one_to_a_library_as_jwk_and_as_pem(string algorithm)
    {
        using var key = TokenKey.Create(algorithm);
        using AsymmetricAlgorithm read = algorithm[0] == 'E' ? ECDsa.Create() : RSA.Create();

        read.ImportFromPem(key.PrivatePem);

        read.ExportSubjectPublicKeyInfoPem().ShouldBe(key.PublicPem);
        var jwk = new JsonWebKey(key.PrivateJwk);
        (jwk.HasPrivateKey, jwk.Alg, jwk.Kid).ShouldBe((true, algorithm, key.Kid));
        Base64UrlEncoder.Encode(jwk.ComputeJwkThumbprint()).ShouldBe(Base64UrlEncoder.Encode(new JsonWebKey(key.PublicJwk).ComputeJwkThumbprint()));
        new JsonWebKey(key.PublicJwk).HasPrivateKey.ShouldBeFalse();
    }

    [Fact]
    public void An_ed25519_private_key_is_one_to_a_library()
    {
        using var key = TokenKey.Create("EdDSA");

        var read = (Ed25519PrivateKeyParameters)PrivateKeyFactory.CreateKey(Convert.FromBase64String(key.PrivatePem.Split('\n')[1]));

        new JsonWebKey(key.PrivateJwk).D.ShouldBe(Base64UrlEncoder.Encode(read.GetEncoded()));
        new JsonWebKey(key.PublicJwk).X.ShouldBe(Base64UrlEncoder.Encode(read.GeneratePublicKey().GetEncoded()));
    }

    [Fact]
    public void A_client_certificate_and_its_key_belong_together_as_pem()
    {
        using var made = SelfSigned.Client("CN=somebody");
        using var read = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(made.CertificatePem, made.KeyPem);

        (read.Subject, read.HasPrivateKey, SelfSigned.HashOf(read)).ShouldBe(("CN=somebody", true, made.Hash));
    }
}
