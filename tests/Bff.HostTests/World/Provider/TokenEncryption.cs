using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Bff.HostTests;

/// <summary>How the provider encrypts the ID tokens of a client (RFC 7516): always A256GCM, with a key for the client's RSA key or one that both know.</summary>
internal sealed class TokenEncryption
{
    private readonly RSA? _rsa;
    private readonly byte[]? _shared;
    private readonly string? _kid;

    private TokenEncryption(RSA? rsa, byte[]? shared, string? kid) => (_rsa, _shared, _kid) = (rsa, shared, kid);

    /// <summary>RSA-OAEP-256.</summary>
    /// <param name="publicPem">The client's public key.</param>
    /// <param name="kid">Goes into the header when there is one.</param>
    public static TokenEncryption ForRsa(string publicPem, string? kid = null)
    {
        var rsa = RSA.Create();
        rsa.ImportFromPem(publicPem);
        return new(rsa, null, kid);
    }

    /// <summary><c>dir</c> with a key of 32 bytes.</summary>
    public static TokenEncryption Direct(byte[] key, string? kid = null) => new(null, key, kid);

    /// <summary><c>dir</c> with the key that OpenID Connect Core 10.2 makes of a client secret.</summary>
    public static TokenEncryption WithSecret(string secret) => new(null, SHA256.HashData(Encoding.UTF8.GetBytes(secret)), null);

    public string Algorithm => _rsa is null ? "dir" : "RSA-OAEP-256";

    /// <param name="token">A signed token.</param>
    public string Encrypt(string token)
    {
        var header = new Dictionary<string, string> { ["alg"] = Algorithm, ["enc"] = "A256GCM", ["typ"] = "JWT", ["cty"] = "JWT" };
        if (_kid is not null) { header["kid"] = _kid; }
        var head = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(header));
        var key = _shared ?? RandomNumberGenerator.GetBytes(32);
        var wrapped = _rsa?.Encrypt(key, RSAEncryptionPadding.OaepSHA256) ?? [];
        var (nonce, plain, tag) = (RandomNumberGenerator.GetBytes(12), Encoding.ASCII.GetBytes(token), new byte[16]);
        var cipher = new byte[plain.Length];
        using var aes = new AesGcm(key, tag.Length);
        aes.Encrypt(nonce, plain, cipher, tag, Encoding.ASCII.GetBytes(head));
        return string.Join('.', [head, .. new[] { wrapped, nonce, cipher, tag }.Select(part => Base64Url.EncodeToString(part))]);
    }
}
