using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Security;

namespace Bff.HostTests;

/// <summary>
/// A key pair for one signature algorithm (RS256 to RS512, PS256 to PS512, ES256 to ES512, EdDSA), of a provider or of a client: signs tokens, and can be
/// handed over as JWK or PEM, with and without its private half.
/// </summary>
internal sealed class TokenKey : IDisposable
{
    /// <summary>All that DER says of an Ed25519 key before its 32 bytes (RFC 8410).</summary>
    private static readonly byte[]
        EdPrivateHead = Convert.FromHexString("302e020100300506032b657004220420"),
        EdPublicHead = Convert.FromHexString("302a300506032b6570032100");

    private readonly RSA? _rsa;
    private readonly ECDsa? _ec;
    private readonly Ed25519PrivateKeyParameters? _ed;

    private TokenKey(string algorithm, string? kid, RSA? rsa, ECDsa? ec, Ed25519PrivateKeyParameters? ed) =>
        (Algorithm, Kid, _rsa, _ec, _ed) = (algorithm, kid, rsa, ec, ed);

    /// <param name="algorithm">As in a token's header.</param>
    /// <param name="kid">The key's name; null for a key without one.</param>
    public static TokenKey Create(string algorithm, string? kid = "token-key") => algorithm switch
    {
        "EdDSA" => new(algorithm, kid, null, null, new Ed25519PrivateKeyParameters(new SecureRandom())),
        "ES256" => new(algorithm, kid, null, ECDsa.Create(ECCurve.NamedCurves.nistP256), null),
        "ES384" => new(algorithm, kid, null, ECDsa.Create(ECCurve.NamedCurves.nistP384), null),
        "ES512" => new(algorithm, kid, null, ECDsa.Create(ECCurve.NamedCurves.nistP521), null),
        _ => new(algorithm, kid, RSA.Create(2048), null, null),
    };

    public string Algorithm { get; }

    public string? Kid { get; }

    /// <summary>PKCS#8.</summary>
    public string PrivatePem => _rsa?.ExportPkcs8PrivateKeyPem() ?? _ec?.ExportPkcs8PrivateKeyPem() ?? Pem("PRIVATE KEY", EdPrivateHead, _ed!.GetEncoded());

    /// <summary>SubjectPublicKeyInfo.</summary>
    public string PublicPem =>
        _rsa?.ExportSubjectPublicKeyInfoPem() ?? _ec?.ExportSubjectPublicKeyInfoPem() ?? Pem("PUBLIC KEY", EdPublicHead, _ed!.GeneratePublicKey().GetEncoded());

    public string PrivateJwk => JsonSerializer.Serialize(Parameters(isPrivate: true));

    public string PublicJwk => JsonSerializer.Serialize(Public());

    public Dictionary<string, string> Public() => Parameters(isPrivate: false);

    public string Sign(IDictionary<string, object?> claims, Action<IDictionary<string, object?>>? shapeHeader = null)
    {
        var header = new Dictionary<string, object?> { ["alg"] = Algorithm, ["typ"] = "JWT" };
        if (Kid is not null) { header["kid"] = Kid; }
        shapeHeader?.Invoke(header);
        var signed = Part(header) + "." + Part(claims);
        return signed + "." + Base64Url.EncodeToString(Signature(Encoding.ASCII.GetBytes(signed)));
    }

    private byte[] Signature(byte[] data)
    {
        var hash = new HashAlgorithmName("SHA" + Algorithm[2..]);
        if (_rsa is not null) { return _rsa.SignData(data, hash, Algorithm[0] == 'P' ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1); }
        if (_ec is not null) { return _ec.SignData(data, hash); }
        var signer = new Ed25519Signer();
        signer.Init(forSigning: true, _ed);
        signer.BlockUpdate(data, 0, data.Length);
        return signer.GenerateSignature();
    }

    private Dictionary<string, string> Parameters(bool isPrivate)
    {
        var jwk = new Dictionary<string, string> { ["use"] = "sig", ["alg"] = Algorithm };
        if (Kid is not null) { jwk["kid"] = Kid; }
        if (_rsa is not null)
        {
            var rsa = _rsa.ExportParameters(isPrivate);
            Add("RSA", null, ("n", rsa.Modulus), ("e", rsa.Exponent));
            Add("RSA", null, ("d", rsa.D), ("p", rsa.P), ("q", rsa.Q), ("dp", rsa.DP), ("dq", rsa.DQ), ("qi", rsa.InverseQ));
        }
        else if (_ec is not null)
        {
            var ec = _ec.ExportParameters(isPrivate);
            Add("EC", Algorithm == "ES512" ? "P-521" : "P-" + Algorithm[2..], ("x", ec.Q.X), ("y", ec.Q.Y), ("d", ec.D));
        }
        else { Add("OKP", "Ed25519", ("x", _ed!.GeneratePublicKey().GetEncoded()), ("d", isPrivate ? _ed.GetEncoded() : null)); }

        return jwk;

        void Add(string type, string? curve, params (string Name, byte[]? Value)[] numbers)
        {
            jwk["kty"] = type;
            if (curve is not null) { jwk["crv"] = curve; }
            foreach (var (name, value) in numbers.Where(number => number.Value is not null)) { jwk[name] = Base64Url.EncodeToString(value); }
        }
    }

    private static string Pem(string label, byte[] head, byte[] key) => PemEncoding.WriteString(label, [.. head, .. key]);

    private static string Part(object value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));

    public void Dispose()
    {
        _rsa?.Dispose();
        _ec?.Dispose();
    }
}
