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
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        Certificate = request.CreateSelfSigned(_from, _from.AddDays(10));
    }

    public X509Certificate2 Certificate { get; }

    public X509Certificate2 Issue(string name) => Issue(name, [ServerAuthentication, ClientAuthentication]);

    public X509Certificate2 IssueForServersOnly(string name) => Issue(name, [ServerAuthentication]);

    public X509Certificate2 IssueExpired(string name) => Issue(name, [ClientAuthentication], validFor: TimeSpan.FromHours(1));

    public X509Certificate2 IssueForOneMoreDay(string name) => Issue(name, [ServerAuthentication, ClientAuthentication], validFor: TimeSpan.FromDays(2));

    public X509Certificate2 IssueNotYetValid(string name) => Issue(name, [ClientAuthentication], validAfter: TimeSpan.FromDays(2));

    /// <summary>One that names an address where its issuer's certificate, revocation list and status are said to be.</summary>
    public X509Certificate2 IssueWithAddress(string name, string address) => Issue(name, [ClientAuthentication], address: address);

    private X509Certificate2 Issue(string name, string[] usages, TimeSpan? validAfter = null, TimeSpan? validFor = null, string? address = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        var oids = new OidCollection();
        foreach (var usage in usages) { oids.Add(new Oid(usage)); }
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(oids, critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("evil.example");
        request.CertificateExtensions.Add(names.Build());
        if (address is not null)
        {
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([address + "ocsp"], [address + "issuer"]));
            request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([address + "list"]));
        }

        var from = _from + (validAfter ?? TimeSpan.Zero);
        using var certificate = request.Create(Certificate, from, from + (validFor ?? TimeSpan.FromDays(5)), RandomNumberGenerator.GetBytes(8));
        _issued.Add(certificate.CopyWithPrivateKey(key));
        return _issued[^1];
    }

    public void Dispose()
    {
        Certificate.Dispose();
        foreach (var certificate in _issued) { certificate.Dispose(); }
    }
}
