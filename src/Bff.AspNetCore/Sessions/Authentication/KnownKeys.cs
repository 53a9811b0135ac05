using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Bff.Sessions.Authentication;

/// <summary>
/// Ids of the keys that came of late, since SHA-256 takes longer than all else by which a call finds its session. The number of places is fixed, and the next
/// key of the same place takes it over. How long a look takes tells nothing about a key: places go by a hash with a secret seed, and keys are compared whole.
/// </summary>
internal sealed class KnownKeys
{
    /// <summary>A quarter of a megabyte for every thousand.</summary>
    private const int Places = 4096;

    private readonly Known?[] _places = new Known?[Places];

    private sealed record Known(string Key, SessionId Id)
    {
        /// <summary>A record prints its members; a key is a secret.</summary>
        public override string ToString() => nameof(Known);
    }

    /// <summary>As <see cref="SessionKey.TryRead"/>.</summary>
    public bool TryRead(ReadOnlySpan<char> cookie, out SessionId id)
    {
        ref var place = ref _places[(uint)string.GetHashCode(cookie) % Places];
        if (place is { } known && CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(known.Key.AsSpan()), MemoryMarshal.AsBytes(cookie)))
        {
            id = known.Id;
            return true;
        }

        if (!SessionKey.TryRead(cookie, out id)) { return false; }
        place = new Known(cookie.ToString(), id);
        return true;
    }
}
