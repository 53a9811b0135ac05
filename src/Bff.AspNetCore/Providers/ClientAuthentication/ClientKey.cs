using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Bff.Providers.ClientAuthentication;

/// <summary>The private key of our client: RSA, or EC on one of the three curves with an algorithm of RFC 7518 section 3.1.</summary>
internal sealed class ClientKey
{
    /// <summary>RFC 7518 section 3.3.</summary>
    private const int MinRsaBits = 2048;

    private const int MaxLabel = 40;

    private const string OtherCurve = "is an EC key on a curve that cannot be used: P-256, P-384 and P-521 can.";

    private static readonly string[] RsaAlgorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
    ];

    private readonly JsonWebKey _key;

    private readonly string? _thumbprint;

    private ClientKey(JsonWebKey key, string[] algorithms) => (_key, _thumbprint, Algorithms) = (Named(key, key.Kid), key.X5tS256, algorithms);

    /// <summary>It can sign with these; the first is the usual one.</summary>
    public IReadOnlyList<string> Algorithms { get; }

    /// <param name="text">PEM (PKCS #8, PKCS #1, SEC 1), with the key's certificate or without, or a JWK.</param>
    /// <exception cref="CryptographicException">It is no key of ours; says why, and nothing of the key.</exception>
    public static ClientKey Read(string text)
    {
        var key = text.TrimStart().StartsWith('{') ? ReadJwk(text) : ReadPem(text);
        var read = new ClientKey(key, AlgorithmsOf(key));
        read.Try();
        return read;
    }

    /// <summary>The algorithm of the next signature.</summary>
    /// <param name="configured">By the operator; null or empty when that is left to us.</param>
    /// <param name="announced">By the provider; empty when it says nothing.</param>
    public string Choose(string? configured, ICollection<string> announced)
    {
        if (configured is { Length: > 0 }) { return configured; }
        if (_key.Alg is { Length: > 0 } own && Algorithms.Contains(own)) { return own; }
        const string Strict = SecurityAlgorithms.RsaSsaPssSha256;
        return Algorithms.Contains(Strict) && announced.Contains(Strict) && !announced.Contains(Algorithms[0]) ? Strict : Algorithms[0];
    }

    /// <param name="token">Without what only the signature needs.</param>
    /// <param name="algorithm">One of <see cref="Algorithms"/>.</param>
    /// <param name="keyId">For the header; the key's own name when there is none.</param>
    public string Sign(SecurityTokenDescriptor token, string algorithm, string? keyId)
    {
        // The library writes the name of the key into the header.
        var named = Named(_key, keyId is { Length: > 0 } ? keyId : _key.Kid);
        if (!string.IsNullOrEmpty(_thumbprint)) { token.AdditionalHeaderClaims = new Dictionary<string, object> { ["x5t#S256"] = _thumbprint }; }
        token.SigningCredentials = new SigningCredentials(named, algorithm) { CryptoProviderFactory = NotCached() };
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(token);
    }

    /// <summary>The numbers alone: the library gives a JWK it has converted the key it came from, which we dispose of.</summary>
    private static JsonWebKey Named(JsonWebKey key, string? name) => new()
    {
        Kty = key.Kty, Crv = key.Crv, N = key.N, E = key.E, D = key.D, P = key.P, Q = key.Q, DP = key.DP, DQ = key.DQ, QI = key.QI, X = key.X, Y = key.Y,
        Alg = key.Alg, Kid = name,
    };

    private static JsonWebKey ReadJwk(string text)
    {
        JsonWebKey key;
        try
        {
            using var json = JsonDocument.Parse(text);
            if (json.RootElement.TryGetProperty("keys", out _)) { throw new CryptographicException("is a set of keys; give the private key alone."); }
            key = new JsonWebKey(text);
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            throw new CryptographicException("is not a JWK (RFC 7517).");
        }

        if (key.Kty is not ("RSA" or "EC")) { throw new CryptographicException("is a key of a type that cannot be used: give an RSA or EC key."); }
        return key.HasPrivateKey ? key : throw new CryptographicException("is a public key: give the private key.");
    }

    private static JsonWebKey ReadPem(string text)
    {
        var labels = LabelsOf(text).ToList();
        if (labels.Count == 0) { throw new CryptographicException("is neither a PEM file nor a JWK."); }
        if (labels.Contains("ENCRYPTED PRIVATE KEY") || text.Contains("Proc-Type: 4,ENCRYPTED", StringComparison.Ordinal))
        {
            throw new CryptographicException("is encrypted: give the key without a password, and protect the file.");
        }

        if (!labels.Exists(label => label.EndsWith("PRIVATE KEY", StringComparison.Ordinal)))
        {
            throw new CryptographicException($"holds no private key (but a {Printable.Text(labels[0], MaxLabel)}).");
        }

        using var rsa = RSA.Create();
        using var ec = ECDsa.Create();
        var key = Imports(rsa) ? JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(rsa.ExportParameters(includePrivateParameters: true)))
            : Imports(ec) ? OfCurve(ec)
            : throw new CryptographicException("cannot be read as a private RSA or EC key; other types, such as Ed25519, cannot be used.");
        if (labels.Contains("CERTIFICATE")) { key.X5tS256 = ThumbprintOf(text); }
        return key;

        bool Imports(AsymmetricAlgorithm algorithm)
        {
            try
            {
                algorithm.ImportFromPem(text);
                return true;
            }
            catch (Exception error) when (error is CryptographicException or ArgumentException)
            {
                return false;
            }
        }
    }

    private static IEnumerable<string> LabelsOf(string text)
    {
        for (var from = 0; PemEncoding.TryFind(text.AsSpan(from), out var fields); from += fields.Location.End.Value)
        {
            yield return text[from..][fields.Label];
        }
    }

    /// <summary>RFC 7515 section 4.1.8: some providers know keys by their certificates only.</summary>
    private static string ThumbprintOf(string text)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(text, text);
            return Base64UrlEncoder.Encode(certificate.GetCertHash(HashAlgorithmName.SHA256));
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw new CryptographicException("stands beside a certificate that cannot be read, or is of another key.");
        }
    }

    private static JsonWebKey OfCurve(ECDsa key)
    {
        try
        {
            return JsonWebKeyConverter.ConvertFromECDsaSecurityKey(new ECDsaSecurityKey(key));
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw new CryptographicException(OtherCurve);
        }
    }

    private static string[] AlgorithmsOf(JsonWebKey key)
    {
        if (key.Kty == JsonWebAlgorithmsKeyTypes.RSA)
        {
            return key.KeySize >= MinRsaBits ? RsaAlgorithms
                : throw new CryptographicException($"is an RSA key of {key.KeySize} bits: it must have at least {MinRsaBits}.");
        }

        return key.Crv switch
        {
            JsonWebKeyECTypes.P256 => [SecurityAlgorithms.EcdsaSha256],
            JsonWebKeyECTypes.P384 => [SecurityAlgorithms.EcdsaSha384],
            JsonWebKeyECTypes.P521 => [SecurityAlgorithms.EcdsaSha512],
            _ => throw new CryptographicException(OtherCurve),
        };
    }

    /// <summary>The library's cache would keep keys that were replaced.</summary>
    private static CryptoProviderFactory NotCached() => new() { CacheSignatureProviders = false };

    /// <summary>The halves of a JWK may belong to different keys.</summary>
    private void Try()
    {
        try
        {
            var factory = NotCached();
            var (data, algorithm) = (new byte[] { 1 }, Algorithms[0]);
            var signature = factory.CreateForSigning(_key, algorithm).Sign(data);
            if (factory.CreateForVerifying(_key, algorithm).Verify(data, signature)) { return; }
        }
        catch (Exception error) when (error
            is CryptographicException or ArgumentException or NotSupportedException or InvalidOperationException or FormatException)
        {
            // Says what the library could not do with it.
        }

        throw new CryptographicException("is broken: what it signs cannot be verified with its public half.");
    }
}
