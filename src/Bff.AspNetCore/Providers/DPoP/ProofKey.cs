using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Bff.Providers.DPoP;

/// <summary>
/// The key that the tokens of one session are bound to (RFC 9449), on P-256. Whoever has the tokens without it can do nothing with them; it is stored where
/// they are, sealed like them, and goes nowhere else.
/// </summary>
internal sealed class ProofKey : IEquatable<ProofKey>
{
    private const int CoordinateBytes = 32, HashBytes = 32, SignatureBytes = 64, IdBytes = 12;

    /// <summary>Of one session, kept open for its calls at once; what more of them need is made for them.</summary>
    private const int KeysKept = 2;

    /// <summary>The claims of a proof, but for what its caller says.</summary>
    private const int ClaimsLength = 256;

    /// <summary>What stands in JSON as it is.</summary>
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        [.. Enumerable.Range('!', '~' - '!' + 1).Select(c => (char)c).Where(c => c is not ('"' or '\\'))]);

    private Signer? _signer;
    private TokenHash? _tokenHash;

    private ProofKey(string text) => Text = text;

    /// <summary>The private number, in base64url: what is stored. A secret.</summary>
    public string Text { get; }

    /// <summary>What the provider binds a code to before it has seen a proof (RFC 7638, RFC 9449 section 10).</summary>
    public string Thumbprint => Opened.Thumbprint;

    private Signer Opened => Volatile.Read(ref _signer) ?? Open();

    /// <summary>Of the token that was sent last, which is the one that is sent next.</summary>
    private sealed class TokenHash(string authorization, string encoded)
    {
        public string Authorization => authorization;

        public string Encoded => encoded;
    }

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
    /// <param name="authorization">The header with the token that goes with it, scheme and all; null for none.</param>
    public string Prove(string method, string target, DateTimeOffset issuedAt, string? nonce, string? authorization = null)
    {
        var signer = Opened;
        var hash = authorization is null ? null : HashOf(authorization);
        var most = ClaimsLength + (6 * (method.Length + target.Length)) + (nonce?.Length ?? 0);   // six for a character that is escaped
        var claims = ArrayPool<char>.Shared.Rent(most);
        var buffer = ArrayPool<byte>.Shared.Rent(
            most + signer.Header.Length + Base64Url.GetEncodedLength(most) + 1 + Base64Url.GetEncodedLength(SignatureBytes));
        try
        {
            var length = WriteClaims(claims, signer.NextId(), Escaped(method), Escaped(target), issuedAt, nonce, hash);
            return Sign(signer, claims.AsSpan(0, length), buffer);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(claims);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static int WriteClaims(Span<char> claims, string id, string method, string target, DateTimeOffset issuedAt, string? nonce, string? tokenHash)
    {
        var culture = CultureInfo.InvariantCulture;
        var length = Fits(claims.TryWrite(
            culture, $$"""{"jti":"{{id}}","htm":"{{method}}","htu":"{{target}}","iat":{{issuedAt.ToUnixTimeSeconds()}}""", out var written), written);
        if (nonce is not null) { length += Fits(claims[length..].TryWrite(culture, $",\"nonce\":\"{nonce}\"", out written), written); }
        if (tokenHash is not null) { length += Fits(claims[length..].TryWrite(culture, $",\"ath\":\"{tokenHash}\"", out written), written); }
        claims[length] = '}';
        return length + 1;

        static int Fits(bool fits, int written) => fits ? written : throw new UnreachableException();
    }

    /// <param name="signer">The key.</param>
    /// <param name="claims">ASCII.</param>
    /// <param name="buffer">Room for the claims, and for the proof.</param>
    private static string Sign(Signer signer, ReadOnlySpan<char> claims, Span<byte> buffer)
    {
        var payload = buffer[..claims.Length];
        var proof = buffer[claims.Length..];
        Encoding.ASCII.GetBytes(claims, payload);
        signer.Header.CopyTo(proof);
        var signed = signer.Header.Length + Base64Url.EncodeToUtf8(payload, proof[signer.Header.Length..]);
        Span<byte> hash = stackalloc byte[HashBytes], signature = stackalloc byte[SignatureBytes];
        SHA256.HashData(proof[..signed], hash);
        signer.Sign(hash, signature);
        proof[signed] = (byte)'.';
        return Encoding.ASCII.GetString(proof[..(signed + 1 + Base64Url.EncodeToUtf8(signature, proof[(signed + 1)..]))]);
    }

    private static string Escaped(string text) => text.AsSpan().ContainsAnyExcept(Plain) ? JsonEncodedText.Encode(text).ToString() : text;

    /// <summary>Of its ASCII (RFC 9449 section 4.2): no other character can stand in the header it is sent in.</summary>
    private string HashOf(string authorization)
    {
        if (Volatile.Read(ref _tokenHash) is { } known && ReferenceEquals(known.Authorization, authorization)) { return known.Encoded; }
        var token = authorization[(authorization.IndexOf(' ', StringComparison.Ordinal) + 1)..];
        var made = new TokenHash(authorization, Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(token))));
        Volatile.Write(ref _tokenHash, made);
        return made.Encoded;
    }

    private Signer Open()
    {
        var opened = new Signer(Text);
        return Interlocked.CompareExchange(ref _signer, opened, null) ?? opened;
    }

    /// <summary>
    /// The key as it signs: to read it takes as long as three or four signatures, and longer with the public point beside it, which is checked then.
    /// </summary>
    private sealed class Signer
    {
        /// <summary>Keys that nobody signs with now: one is not for two threads at once (the framework does not promise it).</summary>
        private readonly ECDsa?[] _idle = new ECDsa?[Math.Min(Environment.ProcessorCount, KeysKept)];

        private readonly string _text;
        private readonly string _ids = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(IdBytes));
        private long _count;

        public Signer(string text)
        {
            _text = text;
            var key = Take();
            var point = key.ExportParameters(includePrivateParameters: false).Q;
            Return(key);
            var (x, y) = (Coordinate(point.X!), Coordinate(point.Y!));
            var jwk = $$"""{"crv":"P-256","kty":"EC","x":"{{x}}","y":"{{y}}"}""";   // in the order of RFC 7638
            var header = $$"""{"typ":"dpop+jwt","alg":"ES256","jwk":{{jwk}}}""";
            Header = Encoding.ASCII.GetBytes(Base64Url.EncodeToString(Encoding.ASCII.GetBytes(header)) + ".");
            Thumbprint = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(jwk)));
        }

        /// <summary>Of every proof, encoded, with the dot after it.</summary>
        public byte[] Header { get; }

        public string Thumbprint { get; }

        /// <summary>No two proofs of whichever node have the same: what it begins with is random, for this object alone.</summary>
        public string NextId() => string.Create(CultureInfo.InvariantCulture, $"{_ids}{Interlocked.Increment(ref _count)}");

        public void Sign(ReadOnlySpan<byte> hash, Span<byte> signature)
        {
            var key = Take();
            key.SignHash(hash, signature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
            Return(key);
        }

        private ECDsa Take()
        {
            foreach (ref var place in _idle.AsSpan())
            {
                if (Interlocked.Exchange(ref place, null) is { } key) { return key; }
            }

            var secret = Base64Url.DecodeFromChars(_text);
            try
            {
                return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = secret });   // the curve gives the public point
            }
            finally
            {
                CryptographicOperations.ZeroMemory(secret);
            }
        }

        private void Return(ECDsa key)
        {
            foreach (ref var place in _idle.AsSpan())
            {
                if (Interlocked.CompareExchange(ref place, key, null) is null) { return; }
            }

            key.Dispose();
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
