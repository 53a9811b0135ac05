using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Bff.HostTests;

/// <summary>A certificate authority that issues certificates for servers and clients on this machine.</summary>
internal sealed class Authority : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1", ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly DateTimeOffset _from = TimeProvider.System.GetUtcNow().AddDays(-1);
    private readonly List<X509Certificate2> _issued = [];

    public Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        Certificate = request.CreateSelfSigned(_from, _from.AddDays(10));
    }

    public X509Certificate2 Certificate { get; }

    public X509Certificate2 Issue(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new(ServerAuthentication), new(ClientAuthentication)], critical: false));
        using var certificate = request.Create(Certificate, _from, _from.AddDays(5), RandomNumberGenerator.GetBytes(8));
        _issued.Add(certificate.CopyWithPrivateKey(key));
        return _issued[^1];
    }

    public void Dispose()
    {
        Certificate.Dispose();
        foreach (var certificate in _issued) { certificate.Dispose(); }
    }
}
