using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace Bff.Providers;

/// <summary>Our private key for tokens that are encrypted to us: RSA, or EC on one of the curves of RFC 7518 section 6.2.1.1.</summary>
internal sealed class DecryptionKey : IDisposable
{
    /// <summary>RFC 7518 section 4.3.</summary>
    private const int MinRsaBits = 2048;

    private DecryptionKey(RSA? rsa, ECDiffieHellman? ec) => (Rsa, Ec) = (rsa, ec);

    public RSA? Rsa { get; }

    public ECDiffieHellman? Ec { get; }

    /// <summary>Why a text is no such key; null when it is one.</summary>
    public static string? Objection(string text)
    {
        try
        {
            Read(text).Dispose();
            return null;
        }
        catch (FormatException error)
        {
            return error.Message;
        }
    }

    /// <param name="text">PEM (PKCS#8, PKCS#1 or SEC 1, not encrypted) or a JWK (RFC 7517).</param>
    /// <exception cref="FormatException">It is no such key; the message says why and quotes nothing.</exception>
    public static DecryptionKey Read(string text)
    {
        try
        {
            var key = text.AsSpan().TrimStart().StartsWith("{") ? FromJwk(text) : FromPem(text);
            if (key.Rsa is { KeySize: < MinRsaBits })
            {
                key.Dispose();
                throw new NotSupportedException($"is an RSA key of less than {MinRsaBits} bits.");
            }

            return key;
        }
        catch (NotSupportedException error)
        {
            throw new FormatException(error.Message, error);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException or JsonException or InvalidOperationException
            or KeyNotFoundException or FormatException)
        {
            throw new FormatException("cannot be read: write a private RSA or EC key as PEM without a passphrase, or as JWK.", error);
        }
    }

    private static DecryptionKey FromPem(string text)
    {
        var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(text);
            RequirePrivate(() => rsa.ExportParameters(includePrivateParameters: true));
            return new(rsa, null);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            rsa.Dispose();
        }

        var ec = ECDiffieHellman.Create();
        ec.ImportFromPem(text);
        RequirePrivate(() => ec.ExportParameters(includePrivateParameters: true));
        return new(null, ec);
    }

    private static void RequirePrivate<T>(Func<T> export) => export();

    private static DecryptionKey FromJwk(string text)
    {
        using var json = JsonDocument.Parse(text);
        var jwk = json.RootElement;
        if (jwk.TryGetProperty("use", out var use) && use.GetString() != "enc") { throw new NotSupportedException("is a JWK whose 'use' is not 'enc'."); }
        switch (jwk.GetProperty("kty").GetString())
        {
            case "RSA":
                return new(
                    RSA.Create(new RSAParameters
                    {
                        Modulus = Bytes("n"), Exponent = Bytes("e"), D = Bytes("d"), P = Bytes("p"), Q = Bytes("q"), DP = Bytes("dp"), DQ = Bytes("dq"),
                        InverseQ = Bytes("qi"),
                    }),
                    null);
            case "EC":
                return new(
                    null, ECDiffieHellman.Create(new ECParameters
                    {
                        Curve = CurveOf(jwk.GetProperty("crv").GetString()), D = Bytes("d"), Q = new ECPoint { X = Bytes("x"), Y = Bytes("y") },
                    }));
            default:
                throw new NotSupportedException("is a JWK of another type than RSA or EC.");
        }

        byte[] Bytes(string name) => Base64Url.DecodeFromChars(jwk.GetProperty(name).GetString());
    }

    /// <exception cref="NotSupportedException">There is no such curve.</exception>
    public static ECCurve CurveOf(string? name) => name switch
    {
        "P-256" => ECCurve.NamedCurves.nistP256,
        "P-384" => ECCurve.NamedCurves.nistP384,
        "P-521" => ECCurve.NamedCurves.nistP521,
        _ => throw new NotSupportedException("is a key of another curve than P-256, P-384 or P-521."),
    };

    public void Dispose()
    {
        Rsa?.Dispose();
        Ec?.Dispose();
    }
}
