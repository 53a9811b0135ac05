using Bff.Providers;

namespace Bff.Sessions.Store;

/// <summary>The renewal schedule: who may renew which session, and what came of it.</summary>
internal interface IRenewalQueue
{
    /// <summary>Takes up to <paramref name="take"/> due sessions of a provider, each for one caller only.</summary>
    Task<IReadOnlyList<Lease>> ClaimDueAsync(
        string provider, DateTimeOffset now, string owner, DateTimeOffset leaseUntil, int take, CancellationToken cancellationToken);

    /// <summary>
    /// Takes one session whether due or not; null when somebody else has it, it must not be tried yet, or it is past <paramref name="version"/>.
    /// </summary>
    Task<Lease?> ClaimAsync(SessionId id, long version, DateTimeOffset now, string owner, DateTimeOffset leaseUntil, CancellationToken cancellationToken);

    /// <summary>As <see cref="ClaimAsync"/>, also when it must not be tried yet: for new tokens that are at hand, so nobody is asked.</summary>
    Task<Lease?> ClaimToReplaceAsync(
        SessionId id, long version, DateTimeOffset now, string owner, DateTimeOffset leaseUntil, CancellationToken cancellationToken);

    /// <summary>Stores what a renewal brought and gives the lease back.</summary>
    /// <param name="lease">The claim.</param>
    /// <param name="tokens">The new tokens.</param>
    /// <param name="dueAt">When the next renewal is due; null for never.</param>
    /// <param name="claims">The user's claims from now on; null when they stay as they are.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>False when the lease was lost meanwhile; nothing was written.</returns>
    Task<bool> CompleteRenewalAsync(
        Lease lease, TokenSet tokens, DateTimeOffset? dueAt, IReadOnlyList<SessionClaim>? claims, CancellationToken cancellationToken);

    /// <summary>As <see cref="ReleaseAsync"/>, when the old refresh token is used up all the same: keeps the new one, which makes a new version.</summary>
    /// <returns>False when the lease was lost meanwhile; nothing was written.</returns>
    Task<bool> ReleaseRotatedAsync(
        Lease lease, TokenSet tokens, DateTimeOffset dueAt, DateTimeOffset notBefore, string error, CancellationToken cancellationToken);

    /// <summary>Gives a lease back without new tokens, to be tried again at <paramref name="dueAt"/>; <paramref name="error"/> says why, in a word.</summary>
    Task ReleaseAsync(Lease lease, DateTimeOffset dueAt, DateTimeOffset notBefore, string error, CancellationToken cancellationToken);

    /// <summary>
    /// Ends every lease of a process that is gone: owners begin with its instance and a slash. What it was renewing is due now, for anybody.
    /// </summary>
    /// <returns>How many; some that are being written just now may be left for the next time.</returns>
    Task<int> FreeLeasesAsync(string instance, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>When the next renewal of a living session of a provider is due; null when none is scheduled.</summary>
    Task<DateTimeOffset?> NextDueAsync(string provider, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>How many living sessions are due: the backlog.</summary>
    Task<long> CountDueAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Ends a session on behalf of the one that renews it.</summary>
    /// <returns>False when it moved on, or somebody else took it over: what the provider said of the old refresh token is then no news.</returns>
    Task<bool> RemoveAsync(Lease lease, string reason, CancellationToken cancellationToken);
}
