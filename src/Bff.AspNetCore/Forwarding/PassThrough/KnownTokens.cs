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
    /// <summary>When there are more, those that are over are left out, and where that makes too little room, all.</summary>
    public const int MaxKept = 10_000;

    /// <summary>The same of their texts together, in characters: what a token says is kept, and a long one says much.</summary>
    public const int MaxText = 16 * 1024 * 1024;

    /// <summary>For so long nobody looks at its signature again, but where the provider's keys are found to be others.</summary>
    public static readonly TimeSpan MaxTime = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<Hash, Kept> _kept = new();
    private readonly Lock _keeping = new();
    private long _text;

    private readonly record struct Hash(ulong A, ulong B, ulong C, ulong D);

    private sealed record Kept(AccessToken Token, int Length, DateTimeOffset Until);

    /// <summary>What a token says is read as its provider's settings want it, and one issuer may be a provider of several names.</summary>
    /// <param name="text">ASCII.</param>
    /// <param name="place">Where it was brought: within one, the same provider is chosen for it.</param>
    public AccessToken? Find(string text, TokenPlace place) =>
        _kept.TryGetValue(HashOf(text, place), out var kept) && clock.GetUtcNow() < kept.Until && kept.Token.IsOfSameKeys() ? kept.Token : null;

    public void Keep(string text, TokenPlace place, AccessToken token)
    {
        var now = clock.GetUtcNow();
        lock (_keeping)
        {
            if (!HasRoom(MaxKept, MaxText - text.Length)) { MakeRoom(now); }
            var hash = HashOf(text, place);
            Remove(hash);
            _kept[hash] = new(token, text.Length, token.EndsAt < now + MaxTime ? token.EndsAt : now + MaxTime);
            _text += text.Length;
        }
    }

    /// <summary>A quarter at least, so that not each token that follows looks through all of them.</summary>
    private void MakeRoom(DateTimeOffset now)
    {
        foreach (var (hash, _) in _kept.Where(entry => entry.Value.Until <= now).ToList()) { Remove(hash); }
        if (HasRoom(MaxKept / 4 * 3, MaxText / 4 * 3)) { return; }
        _kept.Clear();
        _text = 0;
    }

    private bool HasRoom(int kept, long text) => _kept.Count < kept && _text <= text;

    private void Remove(Hash hash)
    {
        if (_kept.TryRemove(hash, out var kept)) { _text -= kept.Length; }
    }

    private static Hash HashOf(string text, TokenPlace place)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(text.Length + 1 + Encoding.UTF8.GetMaxByteCount(place.Name.Length));
        try
        {
            var end = Encoding.ASCII.GetBytes(text, bytes);
            bytes[end++] = (byte)(place.IsProvider ? '\n' : '\r');   // in no token
            end += Encoding.UTF8.GetBytes(place.Name, bytes.AsSpan(end));
            Span<ulong> hash = stackalloc ulong[4];
            SHA256.HashData(bytes.AsSpan(0, end), MemoryMarshal.AsBytes(hash));
            return new(hash[0], hash[1], hash[2], hash[3]);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes, clearArray: true);
        }
    }
}
