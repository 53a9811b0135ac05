using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Bff.Providers;
using Bff.Providers.Metadata;
using Microsoft.Extensions.Time.Testing;

namespace Bff.Tests.Providers;

/// <summary>ID tokens that are encrypted to us (RFC 7516), written here step by step.</summary>
[Trait("Standard", "RP-23")]
public sealed class EncryptedTokenTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly RSA Rsa = RSA.Create(2048);

    private readonly FakeTimeProvider _clock = new(Now);

    [Theory]
    [InlineData("RSA-OAEP", "A128GCM")]
    [InlineData("RSA-OAEP", "A256GCM")]
    [InlineData("RSA-OAEP-256", "A192GCM")]
    [InlineData("RSA-OAEP-256", "A128CBC-HS256")]
    [InlineData("RSA-OAEP", "A192CBC-HS384")]
    [InlineData("RSA-OAEP-256", "A256CBC-HS512")]
    public async Task A_token_encrypted_to_our_RSA_key_is_read(string algorithm, string encryption) =>
        await ShouldBeAsync(null, ToRsa(Signed(), algorithm, encryption), Rsa.ExportPkcs8PrivateKeyPem());

    [Theory]
    [InlineData("P-256", "A128GCM")]
    [InlineData("P-256", "A256CBC-HS512")]
    [InlineData("P-384", "A128CBC-HS256")]
    [InlineData("P-521", "A256GCM")]
    public async Task A_token_encrypted_to_our_EC_key_is_read(string curve, string encryption)
    {
        using var ours = ECDiffieHellman.Create(DecryptionKey.CurveOf(curve));
        await ShouldBeAsync(null, ToEc(Signed(), ours, curve, encryption), ours.ExportPkcs8PrivateKeyPem());
        await ShouldBeAsync(null, ToEc(Signed(), ours, curve, encryption), ours.ExportECPrivateKeyPem());
    }

    /// <summary>RFC 7518 appendix C.</summary>
    [Fact]
    public void The_example_of_the_specification_is_derived_as_it_says()
    {
        const string Ours = """
            {"kty":"EC","crv":"P-256","x":"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ","y":"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
             "d":"VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"}
            """;
        const string Header = """
            {"alg":"ECDH-ES","enc":"A128GCM","apu":"QWxpY2U","apv":"Qm9i","epk":{"kty":"EC","crv":"P-256",
             "x":"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0","y":"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps"}}
            """;
        var token = Sealed(Header, Base64Url.DecodeFromChars("VqqN6vgjbSBcIijNcacQGg"), [], "A128GCM", "what is in it");
        using var key = DecryptionKey.Read(Ours);
        TokenDecryption.Decrypt(token, key).ShouldBe("what is in it");
    }

    [Theory]
    [InlineData(""" "alg":"RSA1_5" """, "The ID token is encrypted with an 'alg' we do not know.")]
    [InlineData(""" "alg":"dir" """, "The ID token is encrypted with an 'alg' we do not know.")]
    [InlineData(""" "alg":"RSA-OAEP","zip":"DEF" """, "The encrypted ID token is compressed.")]
    [InlineData(""" "alg":"RSA-OAEP","crit":["exp"] """, "The encrypted ID token's header needs an extension we do not know.")]
    [InlineData(""" "alg":"dir","alg":"RSA-OAEP" """, "The encrypted ID token cannot be decrypted with our key.")]
    [InlineData(""" "alg":"ECDH-ES","epk":{} """, "The ID token is encrypted to an EC key, and ours is another.")]
    public async Task An_algorithm_we_did_not_offer_is_refused_by_name(string header, string refusal) =>
        await ShouldBeAsync(
            refusal, Sealed($$"""{{{header}},"enc":"A256GCM"}""", new byte[32], Rsa.Encrypt(new byte[32], RSAEncryptionPadding.OaepSHA1), "A256GCM", Signed()),
            Rsa.ExportPkcs8PrivateKeyPem());

    [Fact]
    public async Task Whatever_was_changed_on_the_way_is_noticed()
    {
        foreach (var encryption in new[] { "A256GCM", "A128CBC-HS256" })
        {
            var parts = ToRsa(Signed(), "RSA-OAEP", encryption).Split('.');
            for (var i = 0; i < parts.Length; i++)
            {
                var changed = parts.ToArray();
                changed[i] = i == 0
                    ? KeyPair.Encode($$"""{"alg":"RSA-OAEP","enc":"{{encryption}}","more":1}""")
                    : (changed[i][0] == 'A' ? "B" : "A") + changed[i][1..];
                await ShouldBeAsync("The encrypted ID token cannot be decrypted with our key.", string.Join('.', changed), Rsa.ExportPkcs8PrivateKeyPem());
            }
        }
    }

    [Fact]
    public async Task What_is_encrypted_must_be_signed_all_the_same()
    {
        var unsigned = KeyPair.Encode("""{"alg":"none"}""") + "." + KeyPair.Encode(Claims()) + ".";
        await ShouldBeAsync(
            "The ID token is signed with an algorithm that is not accepted.", ToRsa(unsigned, "RSA-OAEP", "A256GCM"), Rsa.ExportPkcs8PrivateKeyPem());
        await ShouldBeAsync("The ID token is no signed token.", ToRsa(Claims(), "RSA-OAEP", "A256GCM"), Rsa.ExportPkcs8PrivateKeyPem());
        await ShouldBeAsync(
            "The ID token is no signed token.", ToRsa(ToRsa(Signed(), "RSA-OAEP", "A256GCM"), "RSA-OAEP", "A256GCM"), Rsa.ExportPkcs8PrivateKeyPem());
    }

    [Fact]
    public async Task Encryption_is_for_both_or_none()
    {
        await ShouldBeAsync("The ID token is not encrypted, though Bff:Oidc:IdTokenDecryptionKey is set.", Signed(), Rsa.ExportPkcs8PrivateKeyPem());
        await ShouldBeAsync(
            "The ID token is encrypted, and Bff:Oidc:IdTokenDecryptionKey has no key for it.", ToRsa(Signed(), "RSA-OAEP", "A256GCM"), key: null);
    }

    private async Task ShouldBeAsync(string? refusal, string token, string? key)
    {
        var result = await OneProvider.Tokens(KeyPair.RsaJwk(), _clock, options => options.IdTokenDecryptionKey = key).ValidateAsync(token, "access", default);
        result.Exception?.Message.ShouldBe(refusal);
        result.IsValid.ShouldBe(refusal is null);
    }

    private static string Claims() =>
        $$"""{"iss":"https://idp.example","sub":"alice","aud":"bff","iat":{{Now.ToUnixTimeSeconds()}},"exp":{{Now.ToUnixTimeSeconds() + 300}}}""";

    private static string Signed() => KeyPair.Signed(Claims());

    private static string ToRsa(string plain, string algorithm, string encryption)
    {
        var key = RandomNumberGenerator.GetBytes(Size(encryption));
        var wrapped = Rsa.Encrypt(key, algorithm == "RSA-OAEP" ? RSAEncryptionPadding.OaepSHA1 : RSAEncryptionPadding.OaepSHA256);
        return Sealed($$"""{"alg":"{{algorithm}}","enc":"{{encryption}}","cty":"JWT"}""", key, wrapped, encryption, plain);
    }

    private static string ToEc(string plain, ECDiffieHellman to, string curve, string encryption)
    {
        using var once = ECDiffieHellman.Create(DecryptionKey.CurveOf(curve));
        var q = once.ExportParameters(includePrivateParameters: false).Q;
        var epk = $$"""{"kty":"EC","crv":"{{curve}}","x":"{{Base64Url.EncodeToString(q.X)}}","y":"{{Base64Url.EncodeToString(q.Y)}}"}""";
        var header = $$"""{"alg":"ECDH-ES","enc":"{{encryption}}","epk":{{epk}} }""";
        var size = Size(encryption);
        byte[] info = [.. Number(encryption.Length), .. Encoding.ASCII.GetBytes(encryption), .. Number(0), .. Number(0), .. Number(size * 8)];
        var secret = once.DeriveRawSecretAgreement(to.PublicKey);
        byte[] derived = [.. SHA256.HashData([.. Number(1), .. secret, .. info]), .. SHA256.HashData([.. Number(2), .. secret, .. info])];
        return Sealed(header, derived[..size], [], encryption, plain);
    }

    private static string Sealed(string header, byte[] key, byte[] wrapped, string encryption, string plain)
    {
        var (head, text) = (KeyPair.Encode(header), Encoding.UTF8.GetBytes(plain));
        byte[] nonce, cipher, tag;
        if (encryption.EndsWith("GCM", StringComparison.Ordinal))
        {
            (nonce, cipher, tag) = (RandomNumberGenerator.GetBytes(12), new byte[text.Length], new byte[16]);
            using var gcm = new AesGcm(key, 16);
            gcm.Encrypt(nonce, text, cipher, tag, Encoding.ASCII.GetBytes(head));
        }
        else
        {
            nonce = RandomNumberGenerator.GetBytes(16);
            using var aes = Aes.Create();
            aes.Key = key[(key.Length / 2)..];
            cipher = aes.EncryptCbc(text, nonce);
            byte[] signed = [.. Encoding.ASCII.GetBytes(head), .. nonce, .. cipher, .. new byte[4], .. Number(head.Length * 8)];
            var half = key[..(key.Length / 2)];
            var hash = half.Length == 16 ? HMACSHA256.HashData(half, signed)
                : half.Length == 24 ? HMACSHA384.HashData(half, signed) : HMACSHA512.HashData(half, signed);
            tag = hash[..half.Length];
        }

        return string.Join('.', new[] { wrapped, nonce, cipher, tag }.Select(part => Base64Url.EncodeToString(part)).Prepend(head));
    }

    private static int Size(string encryption) => encryption switch
    {
        "A128GCM" => 16,
        "A192GCM" => 24,
        "A192CBC-HS384" => 48,
        "A256CBC-HS512" => 64,
        _ => 32,
    };

    private static byte[] Number(int number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return bytes;
    }
}
