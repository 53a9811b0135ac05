using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Bff.Providers.Metadata;

namespace Bff.Forwarding.PassThrough;

/// <summary>
/// Tokens that were found good of late, so that not every call has its signature checked. Only good ones are in it: no stranger can fill it. It knows them by a
/// hash, and holds none of them.
/// </summary>
internal sealed class KnownTokens(TimeProvider clock)
{
    /// <summary>When there are more, those that are over are left out, and if there are none, all.</summary>
    public const int MaxKept = 10_000;

    /// <summary>A provider that takes a key back is heard after so long; and at once when its keys are fetched anew.</summary>
    public static readonly TimeSpan MaxTime = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<Hash, Kept> _kept = new();

    private readonly record struct Hash(ulong A, ulong B, ulong C, ulong D);

    private sealed record Kept(AccessToken Token, DateTimeOffset Until);

    /// <param name="text">ASCII.</param>
    public AccessToken? Find(string text) =>
        _kept.TryGetValue(HashOf(text), out var kept) && clock.GetUtcNow() < kept.Until && kept.Token.IsOfSameKeys() ? kept.Token : null;

    public void Keep(string text, AccessToken token)
    {
        var now = clock.GetUtcNow();
        if (_kept.Count >= MaxKept)
        {
            foreach (var (hash, _) in _kept.Where(entry => entry.Value.Until <= now).ToList()) { _kept.TryRemove(hash, out _); }
            if (_kept.Count >= MaxKept) { _kept.Clear(); }
        }

        _kept[HashOf(text)] = new(token, token.EndsAt < now + MaxTime ? token.EndsAt : now + MaxTime);
    }

    private static Hash HashOf(string text)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(text.Length);
        try
        {
            Span<ulong> hash = stackalloc ulong[4];
            SHA256.HashData(bytes.AsSpan(0, Encoding.ASCII.GetBytes(text, bytes)), MemoryMarshal.AsBytes(hash));
            return new(hash[0], hash[1], hash[2], hash[3]);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes, clearArray: true);
        }
    }
}
