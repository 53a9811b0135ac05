using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Bff.HostTests;

/// <summary>
/// How the provider encrypts the ID tokens of a client (RFC 7516): with a key that is wrapped for the client's RSA key, or one that both know. By hand,
/// because Microsoft's library does not know RSA-OAEP-256, and A256GCM only on Windows.
/// </summary>
internal sealed class TokenEncryption
{
    private readonly RSA? _rsa;
    private readonly byte[]? _shared;
    private readonly string? _kid;

    private TokenEncryption(string algorithm, RSA? rsa, byte[]? shared, string? kid) => (Algorithm, _rsa, _shared, _kid) = (algorithm, rsa, shared, kid);

    /// <param name="publicPem">The client's public key.</param>
    /// <param name="kid">Goes into the header when there is one.</param>
    /// <param name="algorithm"><c>RSA-OAEP-256</c> or <c>RSA-OAEP</c>.</param>
    public static TokenEncryption ForRsa(string publicPem, string? kid = null, string algorithm = "RSA-OAEP-256")
    {
        var rsa = RSA.Create();
        rsa.ImportFromPem(publicPem);
        return new(algorithm, rsa, null, kid);
    }

    /// <summary><c>dir</c> with a key as long as <see cref="Encryption"/> needs it: 32 bytes, but 64 for A256CBC-HS512.</summary>
    public static TokenEncryption Direct(byte[] key, string? kid = null) => new("dir", null, key, kid);

    /// <summary><c>dir</c> with the key of 32 bytes that OpenID Connect Core 10.2 makes of a client secret.</summary>
    public static TokenEncryption WithSecret(string secret) => new("dir", null, SHA256.HashData(Encoding.UTF8.GetBytes(secret)), null);

    public string Algorithm { get; }

    /// <summary><c>A256GCM</c>, <c>A128CBC-HS256</c> (what a client gets that registered no other) or <c>A256CBC-HS512</c>.</summary>
    public string Encryption { get; private init; } = "A256GCM";

    /// <summary>The same with another <see cref="Encryption"/>.</summary>
    public TokenEncryption With(string encryption) => new(Algorithm, _rsa, _shared, _kid) { Encryption = encryption };

    /// <param name="token">A signed token.</param>
    public string Encrypt(string token)
    {
        var header = new Dictionary<string, string> { ["alg"] = Algorithm, ["enc"] = Encryption, ["typ"] = "JWT", ["cty"] = "JWT" };
        if (_kid is not null) { header["kid"] = _kid; }
        var head = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(header));
        var key = _shared ?? RandomNumberGenerator.GetBytes(Encryption == "A256CBC-HS512" ? 64 : 32);
        var wrapped = _rsa?.Encrypt(key, Algorithm == "RSA-OAEP" ? RSAEncryptionPadding.OaepSHA1 : RSAEncryptionPadding.OaepSHA256) ?? [];
        var (plain, seen) = (Encoding.ASCII.GetBytes(token), Encoding.ASCII.GetBytes(head));
        var (start, cipher, tag) = Encryption == "A256GCM" ? Gcm(key, plain, seen) : Cbc(key, plain, seen);
        return string.Join('.', [head, .. new[] { wrapped, start, cipher, tag }.Select(part => Base64Url.EncodeToString(part))]);
    }

    private static (byte[] Start, byte[] Cipher, byte[] Tag) Gcm(byte[] key, byte[] plain, byte[] seen)
    {
        var (nonce, cipher, tag) = (RandomNumberGenerator.GetBytes(12), new byte[plain.Length], new byte[16]);
        using var aes = new AesGcm(key, tag.Length);
        aes.Encrypt(nonce, plain, cipher, tag, seen);
        return (nonce, cipher, tag);
    }

    /// <summary>RFC 7518, 5.2: the first half of the key signs, the second encrypts.</summary>
    private static (byte[] Start, byte[] Cipher, byte[] Tag) Cbc(byte[] key, byte[] plain, byte[] seen)
    {
        var half = key.Length / 2;
        using var aes = Aes.Create();
        aes.Key = key[half..];
        var start = RandomNumberGenerator.GetBytes(16);
        var cipher = aes.EncryptCbc(plain, start);
        var bits = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bits, seen.Length * 8L);
        byte[] signed = [.. seen, .. start, .. cipher, .. bits];
        return (start, cipher, (half == 32 ? HMACSHA512.HashData(key[..half], signed) : HMACSHA256.HashData(key[..half], signed))[..half]);
    }
}
