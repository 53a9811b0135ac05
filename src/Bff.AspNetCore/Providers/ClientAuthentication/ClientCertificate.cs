using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Bff.Providers.ClientAuthentication;

/// <summary>The certificate we show at the provider, with its key and those who issued it.</summary>
internal static class ClientCertificate
{
    /// <param name="options">That hold a certificate.</param>
    /// <exception cref="CryptographicException">Certificate or key cannot be used, or are not of a pair.</exception>
    public static X509Certificate2 Load(OidcOptions options)
    {
        var (certificate, key) = (options.ClientCertificate!, options.ClientCertificateKey);
        return X509Certificate2.CreateFromPem(certificate, string.IsNullOrEmpty(key) ? certificate : key);
    }

    /// <summary>What the file holds after the certificate itself.</summary>
    public static X509Certificate2Collection Issuers(OidcOptions options)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPem(options.ClientCertificate);
        if (all.Count > 0) { all.RemoveAt(0); }
        return all;
    }

    /// <summary>What is wrong with it, and with which setting; null when nothing is.</summary>
    public static (string Setting, string Mistake)? ProblemWith(OidcOptions options)
    {
        try
        {
            using var alone = X509Certificate2.CreateFromPem(options.ClientCertificate);
            foreach (var issuer in Issuers(options)) { issuer.Dispose(); }
        }
        catch (CryptographicException)
        {
            return (nameof(OidcOptions.ClientCertificate), "holds no certificate in PEM.");
        }

        try
        {
            Load(options).Dispose();
            return null;
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            return (nameof(OidcOptions.ClientCertificateKey), string.IsNullOrEmpty(options.ClientCertificateKey)
                ? "is required (or ClientCertificateKeyFile), unless the certificate's file holds its key, too."
                : "is not the key of ClientCertificate in PEM, without a password.");
        }
    }
}
