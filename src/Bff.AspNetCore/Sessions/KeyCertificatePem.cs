using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Bff.Sessions;

/// <summary>Certificates that encrypt keys, as they are configured: in PEM form, together with their private keys.</summary>
internal static class KeyCertificatePem
{
    /// <summary>Reads each certificate of a PEM together with its RSA private key, in whatever order they come.</summary>
    /// <exception cref="CryptographicException">There is none, or one whose key is missing, encrypted with another password, or not RSA. Quotes nothing of
    /// it.</exception>
    public static IReadOnlyList<X509Certificate2> Read(string pem, string? password)
    {
        var blocks = Blocks(pem).ToList();
        var keys = blocks.Where(block => block.Label.EndsWith("PRIVATE KEY", StringComparison.Ordinal)).ToList();
        var certificates = blocks.Where(block => block.Label == "CERTIFICATE").Select(block => WithKey(block.Text, keys, password)).ToList();
        return certificates.Count > 0 ? certificates : throw new CryptographicException("holds no certificate in PEM form");
    }

    private static X509Certificate2 WithKey(string certificate, IEnumerable<(string Label, string Text)> keys, string? password)
    {
        using var bare = X509Certificate2.CreateFromPem(certificate);
        foreach (var key in keys)
        {
            try
            {
                using var rsa = RSA.Create();
                if (key.Label.StartsWith("ENCRYPTED", StringComparison.Ordinal)) { rsa.ImportFromEncryptedPem(key.Text, password); }
                else { rsa.ImportFromPem(key.Text); }
                return bare.CopyWithPrivateKey(rsa);
            }
            catch (Exception error) when (error is CryptographicException or ArgumentException)
            {
                // The key of another certificate of the file, or one that cannot be read: said below, if none fits.
            }
        }

        throw new CryptographicException("holds a certificate without its RSA private key, or the password of the key is another");
    }

    private static IEnumerable<(string Label, string Text)> Blocks(string pem)
    {
        for (var rest = pem; PemEncoding.TryFind(rest, out var fields); rest = rest[fields.Location.End..])
        {
            yield return (rest[fields.Label], rest[fields.Location]);
        }
    }
}
