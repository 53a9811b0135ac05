using Bff.Sessions.Keys;
using Microsoft.AspNetCore.DataProtection.KeyManagement;

namespace Bff.Forwarding.Identity;

/// <summary>The keys that sign assertions, by those of the ring. One is published two days before it signs, since that is when the ring has it.</summary>
internal sealed class AssertionKeys(LiveKeys ring, TimeProvider clock)
{
    private volatile Known? _known;

    /// <param name="From">The ring's keys they were made of.</param>
    /// <param name="All">Those that are not revoked, the newest first.</param>
    private sealed record Known(IReadOnlyCollection<IKey> From, AssertionKey[] All);

    /// <summary>What signs now.</summary>
    public AssertionKey Current
    {
        get
        {
            var (all, now) = (All, clock.GetUtcNow());
            return Array.Find(all, key => key.ActiveFrom <= now && now < key.ExpiresAt) ?? all.FirstOrDefault()
                ?? throw new InvalidOperationException("There is no key to sign assertions with.");
        }
    }

    /// <summary>A JWK Set. What has signed lately may still be looked at.</summary>
    public string PublicKeys
    {
        get
        {
            var from = clock.GetUtcNow() - AssertionKey.LifeOfAssertions;
            return $$"""{"keys":[{{string.Join(',', All.Where(key => key.ExpiresAt > from).Select(key => key.Public.Trim()))}}]}""";
        }
    }

    private AssertionKey[] All
    {
        get
        {
            var stored = ring.Stored;
            if (_known is { } known && ReferenceEquals(known.From, stored)) { return known.All; }
            AssertionKey[] all =
            [
                .. stored.Where(key => !key.IsRevoked).OrderByDescending(key => key.ActivationDate).Select(AssertionKey.Of).OfType<AssertionKey>(),
            ];
            _known = new(stored, all);
            return all;
        }
    }
}
