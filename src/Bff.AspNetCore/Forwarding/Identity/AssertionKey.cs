using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.KeyManagement;

namespace Bff.Forwarding.Identity;

/// <summary>
/// A key on P-256 that signs assertions, made of a Data Protection key: all nodes that share the key ring have the same one, and it comes, ends and is revoked
/// with that. Nothing of the other key can be learned from it (HKDF, RFC 5869).
/// </summary>
internal sealed class AssertionKey
{
    /// <summary>How long an assertion is good for.</summary>
    public static readonly TimeSpan LifeOfAssertions = TimeSpan.FromMinutes(1);

    private const int ScalarBytes = 32;

    /// <summary>More than the number has, so that the remainder is as good as even (FIPS 186-5, appendix A.2.1).</summary>
    private const int MaterialBytes = 48;

    /// <summary>Of the group (SEC 2, section 2.4.2).</summary>
    private static readonly BigInteger Order = BigInteger.Parse(
        "0FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static readonly byte[] Purpose = "Bff.Assertion.ES256.v1"u8.ToArray();

    private readonly Lock _lock = new();   // the framework does not promise that two threads may sign with one
    private readonly ECDsa _key;

    private AssertionKey(IKey of, ECDsa key)
    {
        (_key, ActiveFrom, ExpiresAt, Id) = (key, of.ActivationDate, of.ExpirationDate, of.KeyId.ToString("N"));
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        Public = $$"""
            {"kty":"EC","crv":"P-256","use":"sig","alg":"ES256","kid":"{{Id}}","x":"{{Coordinate(point.X!)}}","y":"{{Coordinate(point.Y!)}}"}
            """;
    }

    public string Id { get; }

    public DateTimeOffset ActiveFrom { get; }

    public DateTimeOffset ExpiresAt { get; }

    /// <summary>As a JWK.</summary>
    public string Public { get; }

    /// <returns>Null for a key that cannot be opened here, or is of another kind.</returns>
    public static AssertionKey? Of(IKey key)
    {
        if (SecretOf(key) is not { } secret) { return null; }
        var material = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, MaterialBytes, salt: null, Purpose);
        var number = new BigInteger(material, isUnsigned: true, isBigEndian: true) % (Order - 1) + 1;
        var scalar = new byte[ScalarBytes];
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        bytes.CopyTo(scalar, ScalarBytes - bytes.Length);
        try
        {
            return new(key, ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = scalar }));   // the curve gives the public point
        }
        finally
        {
            foreach (var used in new[] { secret, material, scalar, bytes }) { CryptographicOperations.ZeroMemory(used); }
        }
    }

    /// <param name="signed">ASCII.</param>
    public string Sign(string signed)
    {
        lock (_lock)
        {
            var signature = _key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
            return Base64Url.EncodeToString(signature);
        }
    }

    private static byte[]? SecretOf(IKey key)
    {
        try
        {
            var value = key.Descriptor.ExportToXml().SerializedDescriptorElement.Descendants("masterKey").Elements("value").SingleOrDefault();
            return value is null ? null : Convert.FromBase64String(value.Value);
        }
        catch (Exception)
        {
            return null;   // whatever the framework could not open it with; whoever reads sessions says so
        }
    }

    private static string Coordinate(byte[] number)
    {
        var full = new byte[ScalarBytes];
        number.CopyTo(full, ScalarBytes - number.Length);
        return Base64Url.EncodeToString(full);
    }
}
