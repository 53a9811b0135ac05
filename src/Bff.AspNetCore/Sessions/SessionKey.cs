using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace Bff.Sessions;

/// <summary>The key in the cookie: 256 random bits and nothing else. Only the browser keeps it; the store knows its hash.</summary>
internal static class SessionKey
{
    private const int Bytes = 32;
    private const int Characters = 43;

    public static (string Key, SessionId Id) New()
    {
        Span<byte> key = stackalloc byte[Bytes];
        RandomNumberGenerator.Fill(key);
        return (Base64Url.EncodeToString(key), Hash(key));
    }

    /// <summary>False for anything that cannot be one of our keys, without asking the store.</summary>
    public static bool TryRead(ReadOnlySpan<char> cookie, out SessionId id)
    {
        Span<byte> key = stackalloc byte[Bytes];
        // Not TryDecode…: that one throws for characters outside the alphabet.
        var valid = cookie.Length == Characters && Base64Url.DecodeFromChars(cookie, key, out _, out var written) == OperationStatus.Done
            && written == Bytes;
        id = valid ? Hash(key) : default;
        return valid;
    }

    private static SessionId Hash(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        return new(Base64Url.EncodeToString(hash));
    }
}
