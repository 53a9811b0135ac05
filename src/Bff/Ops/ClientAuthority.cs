using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;

namespace Bff.Ops;

/// <summary>
/// The certificate authorities that a private listener is told (<c>Bff:Ops:ClientCertificateAuthority</c>), and nobody else: the machine's own do not count.
/// The TLS handshake builds the one chain of a connection by this policy; that it did is marked on the connection, and only then does its certificate prove
/// anything.
/// </summary>
internal sealed class ClientAuthority(string pem)
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2Collection _roots = Read(pem);

    /// <summary>
    /// For every endpoint that takes client certificates: nothing is fetched from an address that an unverified certificate names (AIA, CRL, OCSP).
    /// </summary>
    public static void NeverDownload(SslServerAuthenticationOptions tls)
    {
        if (tls.ClientCertificateRequired)
        {
            tls.CertificateChainPolicy = new() { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck };
        }
    }

    public void Decide(ConnectionContext connection, SslServerAuthenticationOptions tls)
    {
        // A private authority seldom has revocation lists, and they may not be fetched from where the certificate says; short-lived certificates serve better.
        var policy =
            new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, DisableCertificateDownloads = true,
                RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(_roots);
        policy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        tls.CertificateChainPolicy = policy;
        connection.Features.Set(this);
    }

    /// <summary>The subject of the certificate this connection was opened with, when the authority trusts it and it has not expired since.</summary>
    public static string? TrustedSubject(HttpContext context, DateTimeOffset now) =>
        context.Features.Get<ClientAuthority>() is not null && context.Connection.ClientCertificate is { } certificate && !IsAuthority(certificate)
            && now < certificate.NotAfter
            ? certificate.Subject : null;

    public static string? ProblemWith(string pem)
    {
        try
        {
            return Read(pem).Count == 0 ? "the file holds no certificate in PEM." : null;
        }
        catch (CryptographicException)
        {
            return "the file holds a certificate that cannot be read.";
        }
    }

    /// <summary>An authority's own certificate names nobody.</summary>
    private static bool IsAuthority(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority);

    private static X509Certificate2Collection Read(string pem)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(pem);
        return certificates;
    }
}
