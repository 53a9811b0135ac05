using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Bff.Providers.DPoP;

/// <summary>
/// A proof that somebody else shows us, of a key their token is bound to (RFC 9449 section 4.3). Keys are on P-256, P-384 or P-521: what costs little to
/// check, and has no parameters that a stranger could choose.
/// </summary>
/// <param name="Thumbprint">Of its key (RFC 7638).</param>
/// <param name="Id">Random; one proof is good for one request.</param>
/// <param name="IssuedAt">By the clock of whoever made it.</param>
internal sealed record PresentedProof(string Thumbprint, string Id, DateTimeOffset IssuedAt)
{
    /// <summary>In characters.</summary>
    public const int MaxLength = 4096;

    /// <summary>Of a <c>jti</c>, in characters.</summary>
    public const int MaxId = 256;

    /// <summary>How old one may be, besides what clocks may be off.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(1);

    public static readonly string[] Algorithms = ["ES256", "ES384", "ES512"];

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <summary>What a proof is made for.</summary>
    /// <param name="Method">The request's.</param>
    /// <param name="Target">Its address, as the caller has it.</param>
    /// <param name="AccessToken">That goes with it.</param>
    /// <param name="Now">By our clock.</param>
    /// <param name="Tolerance">How far the caller's clock may be off.</param>
    public sealed record Use(string Method, Uri Target, string AccessToken, DateTimeOffset Now, TimeSpan Tolerance)
    {
        /// <summary>A record prints its members.</summary>
        public override string ToString() => $"{Method} of a bound token";
    }

    /// <returns>The proof; or, in words after "the proof", what is wrong with it.</returns>
    public static (PresentedProof? Proof, string Objection) Read(string text, Use use)
    {
        if (text.Length > MaxLength) { return (null, "is too long"); }
        if (text.Split('.') is not [var head, var body, var signature]) { return (null, "is no signed token"); }
        try
        {
            using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(head), Strict);
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(body), Strict);
            if (TextOf(header.RootElement, "typ") != "dpop+jwt") { return (null, "has another typ than dpop+jwt"); }
            if (header.RootElement.TryGetProperty("crit", out _)) { return (null, "needs an extension that is not known"); }
            var (thumbprint, objection) = CheckSignature(header.RootElement, $"{head}.{body}", Base64Url.DecodeFromChars(signature));
            return thumbprint is null ? (null, objection) : Check(claims.RootElement, thumbprint, use);
        }
        catch (Exception error) when (error is FormatException or JsonException or InvalidOperationException or CryptographicException)
        {
            return (null, "cannot be read");
        }
    }

    private static (string? Thumbprint, string Objection) CheckSignature(JsonElement header, string signed, byte[] signature)
    {
        var (curve, name, hash, bytes) = TextOf(header, "alg") switch
        {
            "ES256" => (ECCurve.NamedCurves.nistP256, "P-256", HashAlgorithmName.SHA256, 32),
            "ES384" => (ECCurve.NamedCurves.nistP384, "P-384", HashAlgorithmName.SHA384, 48),
            "ES512" => (ECCurve.NamedCurves.nistP521, "P-521", HashAlgorithmName.SHA512, 66),
            _ => default,
        };
        if (name is null) { return (null, $"is signed with an algorithm other than {string.Join(", ", Algorithms)}"); }
        if (!header.TryGetProperty("jwk", out var jwk) || jwk.ValueKind != JsonValueKind.Object) { return (null, "has no jwk"); }
        if (jwk.TryGetProperty("d", out _)) { return (null, "shows a private key"); }
        if (TextOf(jwk, "kty") != "EC" || TextOf(jwk, "crv") != name || TextOf(jwk, "x") is not { } x || TextOf(jwk, "y") is not { } y)
        {
            return (null, "has a key that does not fit its algorithm");
        }

        var point = new ECPoint { X = Base64Url.DecodeFromChars(x), Y = Base64Url.DecodeFromChars(y) };
        if (point.X.Length != bytes || point.Y.Length != bytes) { return (null, "has a key that does not fit its algorithm"); }
        using var key = ECDsa.Create(new ECParameters { Curve = curve, Q = point });
        if (!key.VerifyData(Encoding.ASCII.GetBytes(signed), signature, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation))
        {
            return (null, "has a wrong signature");
        }

        // The members RFC 7638 section 3.2 names, in its order; the coordinates are written anew, since base64url has several spellings of some bytes.
        var canonical = $$"""{"crv":"{{name}}","kty":"EC","x":"{{Base64Url.EncodeToString(point.X)}}","y":"{{Base64Url.EncodeToString(point.Y)}}"}""";
        return (Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(canonical))), "");
    }

    private static (PresentedProof? Proof, string Objection) Check(JsonElement claims, string thumbprint, Use use)
    {
        if (TextOf(claims, "jti") is not { Length: > 0 and <= MaxId } id) { return (null, $"has no jti of 1 to {MaxId} characters"); }
        if (TextOf(claims, "htm") != use.Method) { return (null, "is for another method"); }
        if (!IsFor(TextOf(claims, "htu"), use.Target)) { return (null, "is for another address"); }
        if (TextOf(claims, "ath") != Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(use.AccessToken))))
        {
            return (null, "is for another token");
        }

        if (!claims.TryGetProperty("iat", out var iat) || iat.ValueKind != JsonValueKind.Number || !iat.TryGetDouble(out var seconds)
            || seconds is not (> 0 and < 1e11))
        {
            return (null, "has no iat");
        }

        var issuedAt = DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds(seconds);
        return issuedAt > use.Now + use.Tolerance || issuedAt + MaxAge + use.Tolerance <= use.Now
            ? (null, "was not made now") : (new(thumbprint, id, issuedAt), "");
    }

    /// <summary>The address without query and fragment, however it is written (RFC 3986 sections 6.2.2 and 6.2.3).</summary>
    private static bool IsFor(string? htu, Uri target) => Uri.TryCreate(htu, UriKind.Absolute, out var said)
        && said.UserInfo.Length == 0 && said.Scheme == target.Scheme && said.Port == target.Port
        && string.Equals(said.IdnHost, target.IdnHost, StringComparison.OrdinalIgnoreCase) && PathOf(said) == PathOf(target);

    /// <summary>What follows a percent sign is the same in small letters and capitals.</summary>
    private static string PathOf(Uri address)
    {
        var path = address.AbsolutePath;
        if (!path.Contains('%', StringComparison.Ordinal)) { return path; }
        return string.Create(path.Length, path, (written, from) =>
        {
            for (var i = 0; i < from.Length; i++)
            {
                var isEscaped = (i > 0 && from[i - 1] == '%') || (i > 1 && from[i - 2] == '%');
                written[i] = isEscaped ? char.ToUpperInvariant(from[i]) : from[i];
            }
        });
    }

    private static string? TextOf(JsonElement members, string name) =>
        members.ValueKind == JsonValueKind.Object && members.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString() : null;
}
