namespace Bff.Sessions.Store;

/// <summary>A provider says that a user, or one of their sessions there, is signed out (OpenID Connect Back-Channel Logout 1.0 section 2.4).</summary>
/// <param name="Provider">Which of ours; no other's sessions are concerned.</param>
/// <param name="Id">What it said it with, which counts once; a hash.</param>
/// <param name="ForgetAt">When the same would be refused anyway.</param>
internal sealed record ProviderLogout(string Provider, string Id, DateTimeOffset ForgetAt)
{
    /// <summary>How far the clocks of a provider's own servers may be apart: in doubt a session ends.</summary>
    public static readonly TimeSpan ClocksOfOneProvider = TimeSpan.FromSeconds(5);

    /// <summary>Whose sessions; null for whoever has <see cref="Sid"/>.</summary>
    public string? Subject { get; init; }

    /// <summary>
    /// Which session at the provider; null for all. Those of <see cref="Subject"/> that name none at the provider end with it: nobody knows that they are
    /// others.
    /// </summary>
    public string? Sid { get; init; }

    /// <summary>
    /// When the provider said it, by its own clock: sessions of <see cref="Subject"/> that say that they began there later are not meant. Null for all.
    /// </summary>
    public DateTimeOffset? IssuedAt { get; init; }

    /// <summary>When that was by our clocks, at the latest; null for now.</summary>
    public DateTimeOffset? IssuedBy { get; init; }

    /// <summary>Where subjects and sessions are a tenant's: which one's.</summary>
    public string? Tenant { get; init; }
}
