using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Bff.Configuration.Kestrel;

/// <summary>The certificates that Kestrel's configuration names by file.</summary>
internal static class KestrelCertificates
{
    /// <summary>Wherever Kestrel's schema has a file: <c>Certificates:*</c>, <c>Endpoints:*:Certificate</c>, <c>Endpoints:*:Sni:*:Certificate</c>.</summary>
    public static IEnumerable<IConfigurationSection> Find(IConfigurationSection section) =>
        section["Path"] is { Length: > 0 } && section.Path.Contains("Certificate", StringComparison.OrdinalIgnoreCase)
            ? [section] : section.GetChildren().SelectMany(Find);

    /// <summary>As Kestrel does: a PEM file with its key in the file or beside it, or PKCS #12.</summary>
    /// <exception cref="CryptographicException">It is none, has no private key, or that of another certificate.</exception>
    public static X509Certificate2 Load(IConfigurationSection certificate, CertificateFiles files)
    {
        var (bytes, password) = (files.Read(certificate["Path"]!), certificate["Password"]);
        if (X509Certificate2.GetCertContentType(bytes) == X509ContentType.Pkcs12)
        {
            return WithKey(X509CertificateLoader.LoadPkcs12(bytes, password, X509KeyStorageFlags.EphemeralKeySet));
        }
        var pem = Encoding.UTF8.GetString(bytes);
        var key = certificate["KeyPath"] is { Length: > 0 } keyFile ? Encoding.UTF8.GetString(files.Read(keyFile)) : pem;
        return WithKey(string.IsNullOrEmpty(password) ? X509Certificate2.CreateFromPem(pem, key) : X509Certificate2.CreateFromEncryptedPem(pem, key, password));
    }

    /// <summary>What a PEM file holds after the certificate itself: those who issued it, which browsers want to be shown.</summary>
    public static X509Certificate2Collection Chain(IConfigurationSection certificate, CertificateFiles files)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(Encoding.UTF8.GetString(files.Read(certificate["Path"]!)));
        if (chain.Count > 0) { chain.RemoveAt(0); }
        return chain;
    }

    /// <summary>Reads what is there; of the rest whoever uses it says why not.</summary>
    public static CertificateFiles ReadFiles(IConfiguration configuration, string contentRoot)
    {
        var files = new CertificateFiles(contentRoot);
        foreach (var file in Find(configuration.GetSection(KestrelSettings.Section)).SelectMany(section => new[] { section["Path"], section["KeyPath"] })
            .OfType<string>())
        {
            try
            {
                files.Read(file);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
            {
                // Read again, and refused, by the check.
            }
        }

        return files;
    }

    private static X509Certificate2 WithKey(X509Certificate2 certificate) =>
        certificate.HasPrivateKey ? certificate : throw new CryptographicException("it has no private key.");
}
