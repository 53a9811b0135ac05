using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Bff.Providers.DPoP;

/// <summary>
/// The key that the tokens of one session are bound to (RFC 9449), on P-256. Whoever has the tokens without it can do nothing with them; it is stored where
/// they are, sealed like them, and goes nowhere else.
/// </summary>
internal sealed class ProofKey : IEquatable<ProofKey>
{
    private const int CoordinateBytes = 32, HashBytes = 32, SignatureBytes = 64, IdBytes = 16;

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly Lock _lock = new();
    private Signer? _signer;

    private ProofKey(string text) => Text = text;

    /// <summary>The private number, in base64url: what is stored. A secret.</summary>
    public string Text { get; }

    /// <summary>What the provider binds a code to before it has seen a proof (RFC 7638, RFC 9449 section 10).</summary>
    public string Thumbprint => Opened.Thumbprint;

    private Signer Opened => Volatile.Read(ref _signer) ?? Open();

    /// <summary>The key as it signs: reading it takes longer than a signature.</summary>
    /// <param name="Key">Not for two threads at once.</param>
    /// <param name="Header">Of every proof, encoded, with the dot after it.</param>
    /// <param name="Thumbprint">Of the public key.</param>
    private sealed record Signer(ECDsa Key, byte[] Header, string Thumbprint);

    public static ProofKey New()
    {
        using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var secret = made.ExportParameters(includePrivateParameters: true).D!;
        try
        {
            return new(Base64Url.EncodeToString(secret));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <param name="text"><see cref="Text"/>; null or empty for no key.</param>
    public static ProofKey? Of(string? text) => string.IsNullOrEmpty(text) ? null : new(text);

    /// <summary>A proof for one request (RFC 9449 section 4.2).</summary>
    /// <param name="method">The request's.</param>
    /// <param name="target">Its address without query and fragment.</param>
    /// <param name="issuedAt">Now.</param>
    /// <param name="nonce">What the server wants to see in it; null for none.</param>
    /// <param name="accessToken">That goes with it; empty for none.</param>
    public string Prove(string method, string target, DateTimeOffset issuedAt, string? nonce, ReadOnlySpan<char> accessToken = default)
    {
        var signer = Opened;
        var claims = new ArrayBufferWriter<byte>(512);
        WriteClaims(claims, method, target, issuedAt, nonce, accessToken);
        var signed = signer.Header.Length + Base64Url.GetEncodedLength(claims.WrittenCount);
        var length = signed + 1 + Base64Url.GetEncodedLength(SignatureBytes);
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            signer.Header.CopyTo(buffer, 0);
            Base64Url.EncodeToUtf8(claims.WrittenSpan, buffer.AsSpan(signer.Header.Length));
            Span<byte> hash = stackalloc byte[HashBytes], signature = stackalloc byte[SignatureBytes];
            SHA256.HashData(buffer.AsSpan(0, signed), hash);
            lock (_lock) { signer.Key.SignHash(hash, signature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation); }
            buffer[signed] = (byte)'.';
            Base64Url.EncodeToUtf8(signature, buffer.AsSpan(signed + 1));
            return Encoding.ASCII.GetString(buffer, 0, length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void WriteClaims(
        ArrayBufferWriter<byte> claims, string method, string target, DateTimeOffset issuedAt, string? nonce, ReadOnlySpan<char> accessToken)
    {
        Span<byte> hash = stackalloc byte[HashBytes];
        Span<char> encoded = stackalloc char[Base64Url.GetEncodedLength(HashBytes)];
        using var writer = new Utf8JsonWriter(claims, Plain);
        writer.WriteStartObject();
        RandomNumberGenerator.Fill(hash[..IdBytes]);
        writer.WriteString("jti"u8, encoded[..Base64Url.EncodeToChars(hash[..IdBytes], encoded)]);
        writer.WriteString("htm"u8, method);
        writer.WriteString("htu"u8, target);
        writer.WriteNumber("iat"u8, issuedAt.ToUnixTimeSeconds());
        if (nonce is not null) { writer.WriteString("nonce"u8, nonce); }
        if (!accessToken.IsEmpty)
        {
            HashOf(accessToken, hash);
            writer.WriteString("ath"u8, encoded[..Base64Url.EncodeToChars(hash, encoded)]);
        }

        writer.WriteEndObject();
    }

    /// <summary>Of its ASCII (RFC 9449 section 4.2): no other character can stand in the header it is sent in.</summary>
    private static void HashOf(ReadOnlySpan<char> accessToken, Span<byte> hash)
    {
        var ascii = ArrayPool<byte>.Shared.Rent(accessToken.Length);
        try
        {
            SHA256.HashData(ascii.AsSpan(0, Encoding.ASCII.GetBytes(accessToken, ascii)), hash);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(ascii, clearArray: true);
        }
    }

    private Signer Open()
    {
        lock (_lock)
        {
            if (_signer is not null) { return _signer; }
            var secret = Base64Url.DecodeFromChars(Text);
            try
            {
                // The curve gives the public point.
                var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = secret });
                var point = key.ExportParameters(includePrivateParameters: false).Q;
                var (x, y) = (Coordinate(point.X!), Coordinate(point.Y!));
                var jwk = $$"""{"crv":"P-256","kty":"EC","x":"{{x}}","y":"{{y}}"}""";   // in the order of RFC 7638
                var header = $$"""{"typ":"dpop+jwt","alg":"ES256","jwk":{{jwk}}}""";
                var opened = new Signer(
                    key, Encoding.ASCII.GetBytes(Base64Url.EncodeToString(Encoding.ASCII.GetBytes(header)) + "."),
                    Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(jwk))));
                Volatile.Write(ref _signer, opened);
                return opened;
            }
            finally
            {
                CryptographicOperations.ZeroMemory(secret);
            }
        }
    }

    /// <summary>RFC 7518 section 6.2.1.2: of the full length.</summary>
    private static string Coordinate(byte[] number)
    {
        Span<byte> full = stackalloc byte[CoordinateBytes];
        full.Clear();
        number.CopyTo(full[(CoordinateBytes - number.Length)..]);
        return Base64Url.EncodeToString(full);
    }

    public bool Equals(ProofKey? other) => other?.Text == Text;

    public override bool Equals(object? obj) => Equals(obj as ProofKey);

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Text);

    /// <summary>Must never reach a log.</summary>
    public override string ToString() => nameof(ProofKey);
}
