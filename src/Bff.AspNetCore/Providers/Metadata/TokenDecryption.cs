using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Bff.Providers.Metadata;

/// <summary>
/// Decrypts a token in compact form (RFC 7516 section 3.1) with our private key. The token library knows neither RSA-OAEP-256 nor, on Linux, AES-GCM.
/// </summary>
internal static class TokenDecryption
{
    private const int TagBytes = 16, GcmNonceBytes = 12;

    public static bool IsEncrypted(string token) => token.Count(c => c == '.') == 4;

    /// <returns>What was encrypted.</returns>
    /// <exception cref="TokenRefusedException">It cannot be decrypted.</exception>
    public static string Decrypt(string token, DecryptionKey key)
    {
        var parts = token.Split('.');
        try
        {
            using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0]), new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (header.RootElement.TryGetProperty("zip", out _)) { throw new TokenRefusedException("The encrypted ID token is compressed."); }
            if (header.RootElement.TryGetProperty("crit", out _))
            {
                throw new TokenRefusedException("The encrypted ID token's header needs an extension we do not know.");
            }

            var (algorithm, encryption) = (header.RootElement.GetProperty("alg").GetString(), header.RootElement.GetProperty("enc").GetString()!);
            var size = KeyBytes(encryption);
            var contentKey = algorithm == "ECDH-ES"
                ? Agree(key, header.RootElement, encryption, size)
                : Unwrap(key, algorithm, Base64Url.DecodeFromChars(parts[1]), size);
            if (algorithm == "ECDH-ES" && parts[1].Length > 0) { throw new CryptographicException("There must be no key."); }   // RFC 7518 section 4.6
            return Encoding.UTF8.GetString(Open(
                encryption, contentKey, Encoding.ASCII.GetBytes(parts[0]), Base64Url.DecodeFromChars(parts[2]), Base64Url.DecodeFromChars(parts[3]),
                Base64Url.DecodeFromChars(parts[4])));
        }
        catch (Exception error) when (error is CryptographicException or FormatException or ArgumentException or JsonException or InvalidOperationException
            or KeyNotFoundException or NotSupportedException)
        {
            // One sentence for all: which step failed is nobody's business (RFC 7516 section 11.5).
            throw new TokenRefusedException("The encrypted ID token cannot be decrypted with our key.");
        }
    }

    private static int KeyBytes(string encryption) => encryption switch
    {
        "A128GCM" => 16,
        "A192GCM" => 24,
        "A256GCM" or "A128CBC-HS256" => 32,
        "A192CBC-HS384" => 48,
        "A256CBC-HS512" => 64,
        _ => throw new TokenRefusedException("The ID token is encrypted with an 'enc' we do not know."),
    };

    private static byte[] Unwrap(DecryptionKey key, string? algorithm, byte[] wrapped, int size)
    {
        var padding = algorithm switch
        {
            "RSA-OAEP" => RSAEncryptionPadding.OaepSHA1,
            "RSA-OAEP-256" => RSAEncryptionPadding.OaepSHA256,
            _ => throw new TokenRefusedException("The ID token is encrypted with an 'alg' we do not know."),
        };
        var rsa = key.Rsa ?? throw new TokenRefusedException("The ID token is encrypted to an RSA key, and ours is another.");
        var contentKey = rsa.Decrypt(wrapped, padding);
        return contentKey.Length == size ? contentKey : throw new CryptographicException("The key is of another length.");
    }

    /// <summary>RFC 7518 section 4.6: a key of both parties' keys, by the key derivation of NIST SP 800-56A with one round or two.</summary>
    private static byte[] Agree(DecryptionKey key, JsonElement header, string encryption, int size)
    {
        var ours = key.Ec ?? throw new TokenRefusedException("The ID token is encrypted to an EC key, and ours is another.");
        var theirs = header.GetProperty("epk");
        using var other = ECDiffieHellman.Create(new ECParameters
        {
            Curve = DecryptionKey.CurveOf(theirs.GetProperty("crv").GetString()),
            Q = new ECPoint { X = Bytes(theirs, "x"), Y = Bytes(theirs, "y") },
        });
        var secret = ours.DeriveRawSecretAgreement(other.PublicKey);
        var info = new List<byte>();
        foreach (var field in new[] { Encoding.ASCII.GetBytes(encryption), Bytes(header, "apu"), Bytes(header, "apv") })
        {
            info.AddRange([.. Number(field.Length), .. field]);
        }

        info.AddRange(Number(size * 8));
        var derived = new List<byte>();
        for (var round = 1; derived.Count < size; round++) { derived.AddRange(SHA256.HashData([.. Number(round), .. secret, .. info])); }
        return [.. derived.Take(size)];
    }

    private static byte[] Bytes(JsonElement from, string name) => from.TryGetProperty(name, out var text) ? Base64Url.DecodeFromChars(text.GetString()) : [];

    private static byte[] Number(int number)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return bytes;
    }

    private static byte[] Open(string encryption, byte[] key, byte[] associated, byte[] nonce, byte[] cipher, byte[] tag)
    {
        if (!encryption.EndsWith("GCM", StringComparison.Ordinal)) { return OpenCbc(key, associated, nonce, cipher, tag); }
        if (nonce.Length != GcmNonceBytes || tag.Length != TagBytes) { throw new CryptographicException("Nonce or tag is of another length."); }
        var plain = new byte[cipher.Length];
        using var aes = new AesGcm(key, TagBytes);
        aes.Decrypt(nonce, cipher, tag, plain, associated);
        return plain;
    }

    /// <summary>RFC 7518 section 5.2.2.2: the first half of the key is for the hash, the second for AES; the tag is compared before anything is decrypted.</summary>
    private static byte[] OpenCbc(byte[] key, byte[] associated, byte[] nonce, byte[] cipher, byte[] tag)
    {
        var half = key.Length / 2;
        var length = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(length, associated.LongLength * 8);
        byte[] authenticated = [.. associated, .. nonce, .. cipher, .. length];
        var hash = half switch
        {
            16 => HMACSHA256.HashData(key.AsSpan(0, half), authenticated),
            24 => HMACSHA384.HashData(key.AsSpan(0, half), authenticated),
            _ => HMACSHA512.HashData(key.AsSpan(0, half), authenticated),
        };
        if (!CryptographicOperations.FixedTimeEquals(hash.AsSpan(0, half), tag)) { throw new CryptographicException("The tag is wrong."); }
        using var aes = Aes.Create();
        aes.Key = key[half..];
        return aes.DecryptCbc(cipher, nonce);
    }
}
