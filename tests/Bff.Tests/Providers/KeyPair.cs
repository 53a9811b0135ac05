using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Security;

namespace Bff.Tests.Providers;

/// <summary>Writes tokens by hand, one way for each algorithm.</summary>
internal static class KeyPair
{
    public static readonly RSA Rsa = RSA.Create(2048);

    private static readonly Ed25519PrivateKeyParameters Ed = new(new SecureRandom());

    public static string RsaJwk(string? more = null)
    {
        var key = Rsa.ExportParameters(includePrivateParameters: false);
        return $$"""
            {"kty":"RSA","kid":"k","n":"{{Base64Url.EncodeToString(key.Modulus)}}","e":"{{Base64Url.EncodeToString(key.Exponent)}}"{{(more is null ? "" : "," + more)}}}
            """;
    }

    public static string EdJwk(string curve = "Ed25519", string? x = null) =>
        $$"""{"kty":"OKP","kid":"k","crv":"{{curve}}","x":"{{x ?? Base64Url.EncodeToString(Ed.GeneratePublicKey().GetEncoded())}}"}""";

    public static string Signed(string claims) => Token("RS256", claims, data => Rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    public static string SignedWithEd25519(string claims) => Token("EdDSA", claims, data =>
    {
        var signer = new Ed25519Signer();
        signer.Init(forSigning: true, Ed);
        signer.BlockUpdate(data, 0, data.Length);
        return signer.GenerateSignature();
    });

    public static string SignedWithSecret(string claims, byte[] secret, string algorithm = "HS256") => Token(algorithm, claims, data => algorithm switch
    {
        "HS384" => HMACSHA384.HashData(secret, data),
        "HS512" => HMACSHA512.HashData(secret, data),
        _ => HMACSHA256.HashData(secret, data),
    });

    private static string Token(string algorithm, string claims, Func<byte[], byte[]> sign)
    {
        var signed = Encode($$"""{"alg":"{{algorithm}}","kid":"k"}""") + "." + Encode(claims);
        return signed + "." + Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(signed)));
    }

    public static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
