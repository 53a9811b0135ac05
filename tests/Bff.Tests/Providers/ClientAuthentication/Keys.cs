using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.IdentityModel.Tokens;

namespace Bff.Tests.Providers.ClientAuthentication;

/// <summary>Keys and certificates of a client, as an operator has them.</summary>
internal static class Keys
{
    public static readonly string RsaPem = NewRsa(2048);

    public static readonly string EcPem = NewEc(ECCurve.NamedCurves.nistP256);

    public static string NewRsa(int bits)
    {
        using var rsa = RSA.Create(bits);
        return rsa.ExportPkcs8PrivateKeyPem();
    }

    public static string NewEc(ECCurve curve)
    {
        using var ec = ECDsa.Create(curve);
        return ec.ExportPkcs8PrivateKeyPem();
    }

    /// <summary>As a key of RSA or EC, for checking.</summary>
    public static SecurityKey Public(string pem)
    {
        var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(pem);
            return new RsaSecurityKey(rsa);
        }
        catch (CryptographicException)
        {
            rsa.Dispose();
            var ec = ECDsa.Create();
            ec.ImportFromPem(pem);
            return new ECDsaSecurityKey(ec);
        }
    }

    public static string Jwk(string pem, string? kid = null, string? alg = null, bool isPrivate = true)
    {
        using var rsa = RSA.Create();
        rsa.ImportFromPem(pem);
        var numbers = rsa.ExportParameters(isPrivate);
        var jwk = new Dictionary<string, string?> { ["kty"] = "RSA", ["kid"] = kid, ["alg"] = alg };
        foreach (var (name, value) in new[]
        {
            ("n", numbers.Modulus), ("e", numbers.Exponent), ("d", numbers.D), ("p", numbers.P), ("q", numbers.Q), ("dp", numbers.DP), ("dq", numbers.DQ),
            ("qi", numbers.InverseQ),
        })
        {
            if (value is not null) { jwk[name] = Base64UrlEncoder.Encode(value); }
        }

        return System.Text.Json.JsonSerializer.Serialize(jwk.Where(member => member.Value is not null).ToDictionary());
    }

    public static (string Certificate, string Key) NewCertificate(string subject = "CN=bff")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
