using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Bff.Ops;

/// <summary>The certificate authorities of <c>Bff:Ops:ClientCertificateAuthority</c>, and nobody else: the machine's own do not count.</summary>
internal sealed class ClientAuthority(string pemFile)
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2Collection _roots = Read(pemFile);

    public bool Vouches(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_roots);
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;   // a private authority seldom has lists; short-lived certificates serve better
        return chain.Build(certificate);
    }

    public static string? ProblemWith(string pemFile)
    {
        try
        {
            return Read(pemFile).Count == 0 ? $"the file '{pemFile}' holds no certificate in PEM." : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return $"the file '{pemFile}' does not exist or cannot be read.";
        }
    }

    private static X509Certificate2Collection Read(string pemFile)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(pemFile);
        return certificates;
    }
}
