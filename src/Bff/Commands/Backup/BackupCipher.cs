using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Bff.Commands.Backup;

/// <summary>
/// Encrypts a backup with a passphrase: PBKDF2-HMAC-SHA512 makes the key, AES-256-GCM seals the content in chunks, so that neither a byte can be changed nor
/// the end be cut off. docs/decisions/0032 describes the bytes.
/// </summary>
internal static class BackupCipher
{
    /// <summary>OWASP's for PBKDF2-HMAC-SHA512 is 210,000; a backup is made once a day.</summary>
    private const int Iterations = 600_000;

    /// <summary>More would only keep the machine busy; no version of Bff has written it.</summary>
    private const int MaxIterations = 10_000_000;

    private const byte FormatVersion = 1;
    private const int SaltSize = 16, CheckSize = 16, KeySize = 32, TagSize = 16, NonceSize = 12;
    private const int ChunkSize = 64 * 1024;

    private static readonly byte[] Magic = "BFFBACKUP"u8.ToArray();

    private static readonly int HeaderSize = Magic.Length + 1 + sizeof(int) + SaltSize + CheckSize;

    public static bool IsEncrypted(ReadOnlySpan<byte> start) => start.StartsWith(Magic);

    public static void Encrypt(Stream plain, Stream target, string passphrase, int iterations = Iterations)
    {
        var header = new byte[HeaderSize];
        Magic.CopyTo(header, 0);
        header[Magic.Length] = FormatVersion;
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(Magic.Length + 1), iterations);
        RandomNumberGenerator.Fill(Salt(header));
        var derived = Derive(passphrase, header, iterations);
        derived.AsSpan(KeySize).CopyTo(Check(header));
        target.Write(header);

        using var cipher = new AesGcm(derived.AsSpan(0, KeySize), TagSize);
        var chunk = new byte[ChunkSize + TagSize];
        ForEachChunk(plain, ChunkSize, (nonce, content) =>
        {
            cipher.Encrypt(nonce, content, chunk.AsSpan(0, content.Length), chunk.AsSpan(content.Length, TagSize), header);
            target.Write(chunk, 0, content.Length + TagSize);
        });
        CryptographicOperations.ZeroMemory(derived);
    }

    /// <exception cref="InvalidDataException">It is damaged, of a newer version, or of another passphrase.</exception>
    public static void Decrypt(Stream source, Stream plain, string passphrase)
    {
        var header = new byte[HeaderSize];
        if (source.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false) < HeaderSize) { throw new InvalidDataException("it ends early"); }
        if (header[Magic.Length] != FormatVersion) { throw new InvalidDataException("it was encrypted by another version of Bff"); }
        var iterations = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(Magic.Length + 1));
        if (iterations is < 1 or > MaxIterations) { throw new InvalidDataException("its header is damaged"); }
        var derived = Derive(passphrase, header, iterations);
        if (!CryptographicOperations.FixedTimeEquals(derived.AsSpan(KeySize), Check(header)))
        {
            throw new InvalidDataException("the passphrase is wrong, or the file's header is damaged");
        }

        using var cipher = new AesGcm(derived.AsSpan(0, KeySize), TagSize);
        var chunk = new byte[ChunkSize];
        try
        {
            ForEachChunk(source, ChunkSize + TagSize, (nonce, content) =>
            {
                if (content.Length < TagSize) { throw new InvalidDataException("it ends early"); }
                var size = content.Length - TagSize;
                cipher.Decrypt(nonce, content[..size], content[size..], chunk.AsSpan(0, size), header);
                plain.Write(chunk, 0, size);
            });
        }
        catch (AuthenticationTagMismatchException error)
        {
            throw new InvalidDataException("it is damaged, or its end is missing", error);
        }

        CryptographicOperations.ZeroMemory(derived);
    }

    private delegate void ChunkAction(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> content);

    /// <summary>The nonce counts the chunks and marks the last; the key is that of one file only.</summary>
    private static void ForEachChunk(Stream source, int size, ChunkAction act)
    {
        var (current, next) = (new byte[size], new byte[size]);
        Span<byte> nonce = stackalloc byte[NonceSize];
        nonce.Clear();
        var length = source.ReadAtLeast(current, size, throwOnEndOfStream: false);
        for (var number = 0u; ; number = checked(number + 1))
        {
            var following = length < size ? 0 : source.ReadAtLeast(next, size, throwOnEndOfStream: false);
            BinaryPrimitives.WriteUInt32BigEndian(nonce, number);
            nonce[^1] = (byte)(following == 0 ? 1 : 0);
            act(nonce, current.AsSpan(0, length));
            if (following == 0) { return; }
            (current, next, length) = (next, current, following);
        }
    }

    private static byte[] Derive(string passphrase, byte[] header, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(passphrase), Salt(header), iterations, HashAlgorithmName.SHA512, KeySize + CheckSize);

    private static Span<byte> Salt(byte[] header) => header.AsSpan(HeaderSize - CheckSize - SaltSize, SaltSize);

    private static Span<byte> Check(byte[] header) => header.AsSpan(HeaderSize - CheckSize, CheckSize);
}
