using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Bff.HostTests;

/// <summary>A certificate that nobody issued but its owner, and its key.</summary>
internal sealed class SelfSigned : IDisposable
{
    private SelfSigned(X509Certificate2 certificate) => Certificate = certificate;

    /// <summary>For 127.0.0.1 and localhost.</summary>
    public static SelfSigned Server() => Create("CN=pretend provider", "1.3.6.1.5.5.7.3.1");

    public static SelfSigned Client(string subject = "CN=bff-under-test") => Create(subject, "1.3.6.1.5.5.7.3.2");

    public X509Certificate2 Certificate { get; }

    public string CertificatePem => Certificate.ExportCertificatePem();

    /// <summary>PKCS#8.</summary>
    public string KeyPem
    {
        get
        {
            using var key = Certificate.GetECDsaPrivateKey()!;
            return key.ExportPkcs8PrivateKeyPem();
        }
    }

    /// <summary><c>x5t#S256</c>, as in the <c>cnf</c> of a token bound to this certificate.</summary>
    public string Hash => HashOf(Certificate);

    public static string HashOf(X509Certificate2 certificate) => Base64Url.EncodeToString(certificate.GetCertHash(HashAlgorithmName.SHA256));

    private static SelfSigned Create(string subject, string usage)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return new(request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30)));
    }

    public void Dispose() => Certificate.Dispose();
}
