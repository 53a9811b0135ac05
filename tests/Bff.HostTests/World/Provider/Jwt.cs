using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Bff.HostTests;

/// <summary>Signed tokens by hand, so that a test can make any wrong one.</summary>
internal static class Jwt
{
    public static string Sign(IDictionary<string, object?> claims, SigningKey key, Action<IDictionary<string, object?>>? shapeHeader = null)
    {
        var header = new Dictionary<string, object?> { ["alg"] = "RS256", ["typ"] = "JWT" };
        if (key.Kid is not null) { header["kid"] = key.Kid; }
        shapeHeader?.Invoke(header);
        var signed = Head(header, claims);
        return signed + "." + Base64Url.EncodeToString(key.Rsa.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    /// <summary>Header and payload as they are written, whatever they are.</summary>
    public static string SignRaw(string header, string payload, SigningKey key)
    {
        var signed = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header)) + "." + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload));
        return signed + "." + Base64Url.EncodeToString(key.Rsa.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    /// <summary>Signed with the client secret, which a provider that gave us one may do; we never agreed to it.</summary>
    public static string SignWithSecret(IDictionary<string, object?> claims, string secret)
    {
        var signed = Head(new() { ["alg"] = "HS256", ["typ"] = "JWT" }, claims);
        return signed + "." + Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.ASCII.GetBytes(secret), Encoding.ASCII.GetBytes(signed)));
    }

    /// <summary><c>alg: none</c>, empty signature.</summary>
    public static string Unsigned(IDictionary<string, object?> claims) => Head(new() { ["alg"] = "none", ["typ"] = "JWT" }, claims) + ".";

    public static string LeftHash(string token, string algorithm = "RS256")
    {
        var bytes = Encoding.ASCII.GetBytes(token);
        var hash = algorithm[^3..] switch
        {
            "384" => SHA384.HashData(bytes),
            "512" or "DSA" => SHA512.HashData(bytes),
            _ => SHA256.HashData(bytes),
        };
        return Base64Url.EncodeToString(hash.AsSpan(0, hash.Length / 2));
    }

    private static string Head(Dictionary<string, object?> header, IDictionary<string, object?> claims) =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(header)) + "." + Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims));
}

/// <summary>A key of the provider. Making one is slow, so tests share a few.</summary>
internal sealed record SigningKey(string? Kid, RSA Rsa)
{
    private static readonly Lazy<SigningKey>[] Pool =
        [.. Enumerable.Range(1, 3).Select(number => new Lazy<SigningKey>(() => new($"key-{number}", RSA.Create(2048))))];

    /// <summary>Too short for anything that should last.</summary>
    public static readonly SigningKey Weak = new("weak-key", RSA.Create(1024));

    public static SigningKey Number(int number) => Pool[number - 1].Value;

    public Dictionary<string, string> Public()
    {
        var key = Rsa.ExportParameters(includePrivateParameters: false);
        var published = new Dictionary<string, string>
        {
            ["kty"] = "RSA", ["use"] = "sig", ["n"] = Base64Url.EncodeToString(key.Modulus), ["e"] = Base64Url.EncodeToString(key.Exponent),
        };
        if (Kid is not null) { published["kid"] = Kid; }
        return published;
    }
}
