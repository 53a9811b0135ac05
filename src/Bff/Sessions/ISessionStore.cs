using Bff.Tokens;

namespace Bff.Sessions;

/// <summary>A session somebody may renew: nobody else will until the lease runs out.</summary>
/// <param name="Session">The session as it was when claimed.</param>
/// <param name="Owner">Unique to this claim; every write of the renewal carries it.</param>
/// <param name="Until">When others may take over.</param>
internal sealed record Lease(Session Session, string Owner, DateTimeOffset Until);

/// <summary>A session that a timeout ended.</summary>
/// <param name="Id">The session.</param>
/// <param name="Reason">Which timeout; one of <see cref="EndReasons"/>.</param>
internal sealed record EndedSession(SessionId Id, string Reason);

/// <param name="Living">Sessions that have not ended.</param>
/// <param name="Renewable">Those of them with a renewal scheduled; may count sessions that ended in the last minute.</param>
internal sealed record SessionCount(long Living, long Renewable);

/// <summary>Keeps sessions, their tokens and the renewal schedule. Every member is one atomic statement; every write publishes its change.</summary>
internal interface ISessionStore
{
    Task AddAsync(Session session, CancellationToken cancel);

    /// <summary>The session, also when it has ended but was not swept yet; null when there is none.</summary>
    Task<Session?> FindAsync(SessionId id, CancellationToken cancel);

    /// <summary>Moves the idle end. Never touches tokens or version, so it cannot undo a renewal.</summary>
    Task SlideAsync(SessionId id, DateTimeOffset endsAt, CancellationToken cancel);

    /// <summary>Ends a session; with <paramref name="version"/> only if it has not been renewed since.</summary>
    /// <param name="id">The session.</param>
    /// <param name="version">The version the caller saw; null for whatever it is.</param>
    /// <param name="reason">One of <see cref="EndReasons"/>; goes out with the change.</param>
    /// <param name="cancel">Stops waiting for the store.</param>
    /// <returns>False when there was no such session, or it moved on.</returns>
    Task<bool> RemoveAsync(SessionId id, long? version, string reason, CancellationToken cancel);

    /// <summary>Deletes sessions past their end.</summary>
    /// <returns>Those that were deleted.</returns>
    Task<IReadOnlyList<EndedSession>> RemoveEndedAsync(DateTimeOffset now, CancellationToken cancel);

    /// <summary>Takes up to <paramref name="take"/> due sessions, each for one caller only.</summary>
    Task<IReadOnlyList<Lease>> ClaimDueAsync(DateTimeOffset now, string owner, DateTimeOffset leaseUntil, int take, CancellationToken cancel);

    /// <summary>Takes one session whether due or not; null when somebody else has it, it must not be tried yet, or it is past <paramref name="version"/>.</summary>
    Task<Lease?> ClaimAsync(SessionId id, long version, DateTimeOffset now, string owner, DateTimeOffset leaseUntil, CancellationToken cancel);

    /// <summary>Stores what a renewal brought and gives the lease back.</summary>
    /// <returns>False when the lease was lost meanwhile; nothing was written.</returns>
    Task<bool> CompleteRenewalAsync(Lease lease, TokenSet tokens, DateTimeOffset? dueAt, CancellationToken cancel);

    /// <summary>Gives a lease back without new tokens, to be tried again at <paramref name="dueAt"/>.</summary>
    Task ReleaseAsync(Lease lease, DateTimeOffset dueAt, DateTimeOffset notBefore, CancellationToken cancel);

    /// <summary>When the next renewal of a living session is due; null when none is scheduled.</summary>
    Task<DateTimeOffset?> NextDueAsync(DateTimeOffset now, CancellationToken cancel);

    /// <summary>How many living sessions are due: the backlog.</summary>
    Task<long> CountDueAsync(DateTimeOffset now, CancellationToken cancel);

    /// <summary>How many sessions there are, from indexes alone: asked for twice a minute, however many they are.</summary>
    Task<SessionCount> CountAsync(DateTimeOffset now, CancellationToken cancel);
}
