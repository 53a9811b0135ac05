using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Bff.Providers;

namespace Bff.Sessions.Store;

/// <summary>
/// Keeps sessions, their tokens and the renewal schedule. Every member is one atomic step; every write publishes its change. Whatever ends a session keeps its
/// refresh token in the same step, to be revoked at the provider. No member sees sessions of another client than ours (<see cref="SessionClient"/>).
/// </summary>
internal interface ISessionStore
{
    /// <summary>Keeps a new session and ends those it takes the place of: both or neither.</summary>
    /// <param name="session">The new one.</param>
    /// <param name="replaced">Sessions that must not live on beside it; those that are not there do no harm.</param>
    /// <param name="cancel">Stops waiting for the store.</param>
    /// <returns>Those that it ended.</returns>
    Task<IReadOnlyList<SessionId>> AddAsync(Session session, IReadOnlyCollection<SessionId> replaced, CancellationToken cancel);

    /// <summary>The session, also when it has ended but was not swept yet; null when there is none.</summary>
    Task<Session?> FindAsync(SessionId id, CancellationToken cancel);

    /// <summary>
    /// Why a session that is there no longer ended, one of <see cref="EndReasons"/>, for some days after its end; null when that is not known.
    /// </summary>
    Task<string?> FindEndAsync(SessionId id, CancellationToken cancellationToken);

    /// <summary>Moves the idle end. Never touches tokens or version, so it cannot undo a renewal.</summary>
    /// <returns>The session's end now; null when there is no such session.</returns>
    Task<DateTimeOffset?> SlideAsync(SessionId id, DateTimeOffset endsAt, CancellationToken cancel);

    /// <summary>Ends a session; with <paramref name="version"/> only if it has not been renewed since.</summary>
    /// <param name="id">The session.</param>
    /// <param name="version">The version the caller saw; null for whatever it is.</param>
    /// <param name="reason">One of <see cref="EndReasons"/>; goes out with the change.</param>
    /// <param name="cancel">Stops waiting for the store.</param>
    /// <returns>False when there was no such session, or it moved on.</returns>
    Task<bool> RemoveAsync(SessionId id, long? version, string reason, CancellationToken cancel);

    /// <summary>Ends a session on behalf of who renews it.</summary>
    /// <returns>False when it moved on, or somebody else took it over: what the provider said of the old refresh token is then no news.</returns>
    Task<bool> RemoveAsync(Lease lease, string reason, CancellationToken cancellationToken);

    /// <summary>Ends every session of this user.</summary>
    /// <returns>What they were.</returns>
    Task<IReadOnlyList<Session>> RemoveUserAsync(string subject, string reason, CancellationToken cancel);

    /// <summary>Ends every session whose tokens this Data Protection key sealed.</summary>
    Task<IReadOnlyList<SessionId>> RemoveSealedWithAsync(Guid key, string reason, CancellationToken cancellationToken);

    /// <summary>Deletes sessions past their end, some at a time. The one write that publishes nothing: who has such a session knows its end.</summary>
    /// <returns>Those that were deleted.</returns>
    Task<IReadOnlyList<EndedSession>> RemoveEndedAsync(DateTimeOffset now, CancellationToken cancel);

    /// <summary>Uses something up that may be used once, on whichever node: a sign-in's <c>state</c>.</summary>
    /// <param name="id">What it is; a hash of it, where it is a secret.</param>
    /// <param name="forgetAt">When it would be refused anyway, so that it need not be remembered any longer.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>False when it was used up before.</returns>
    Task<bool> UseOnceAsync(string id, DateTimeOffset forgetAt, CancellationToken cancellationToken);

    /// <summary>Keeps a refresh token to be revoked that no session has, or has any longer.</summary>
    /// <param name="id">The session it came for.</param>
    /// <param name="subject">Whose other sessions it waits for, as it may share their grant at the provider; null for the session's own user, while there is the session.</param>
    /// <param name="tokens">The tokens it is one of.</param>
    /// <param name="ended">That session is over: this token takes the place of the one it left, which was used up for it.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    Task RevokeLaterAsync(SessionId id, string? subject, TokenSet tokens, bool ended, CancellationToken cancellationToken);

    /// <summary>Takes up to <paramref name="take"/> refresh tokens to revoke, each for one caller only until <paramref name="until"/>.</summary>
    Task<IReadOnlyList<Revocation>> ClaimRevocationsAsync(DateTimeOffset now, DateTimeOffset until, int take, CancellationToken cancellationToken);

    /// <summary>Forgets a claimed revocation, or has it tried again; nothing when somebody else took it over.</summary>
    Task CompleteRevocationAsync(Revocation revocation, DateTimeOffset? again, CancellationToken cancellationToken);

    /// <summary>Finds out, at little cost, whether sessions can be read.</summary>
    Task ProbeReadAsync(CancellationToken cancellationToken);

    /// <summary>Finds out, at little cost, whether anything can be written: in a row of its own.</summary>
    Task ProbeWriteAsync(CancellationToken cancellationToken);

    /// <summary>Takes up to <paramref name="take"/> due sessions, each for one caller only.</summary>
    Task<IReadOnlyList<Lease>> ClaimDueAsync(DateTimeOffset now, string owner, DateTimeOffset leaseUntil, int take, CancellationToken cancel);

    /// <summary>Takes one session whether due or not; null when somebody else has it, it must not be tried yet, or it is past <paramref name="version"/>.</summary>
    Task<Lease?> ClaimAsync(SessionId id, long version, DateTimeOffset now, string owner, DateTimeOffset leaseUntil, CancellationToken cancel);

    /// <summary>As <see cref="ClaimAsync"/>, also when it must not be tried yet: for who has new tokens already and asks nobody.</summary>
    Task<Lease?> ClaimToReplaceAsync(
        SessionId id, long version, DateTimeOffset now, string owner, DateTimeOffset leaseUntil, CancellationToken cancellationToken);

    /// <summary>Stores what a renewal brought and gives the lease back.</summary>
    /// <param name="lease">The claim.</param>
    /// <param name="tokens">The new tokens.</param>
    /// <param name="dueAt">When the next renewal is due; null for never.</param>
    /// <param name="claims">The user's claims from now on; null when they stay as they are.</param>
    /// <param name="cancel">Stops waiting for the store.</param>
    /// <returns>False when the lease was lost meanwhile; nothing was written.</returns>
    Task<bool> CompleteRenewalAsync(Lease lease, TokenSet tokens, DateTimeOffset? dueAt, IReadOnlyList<SessionClaim>? claims, CancellationToken cancel);

    /// <summary>As <see cref="ReleaseAsync"/>, when the old refresh token is used up all the same: keeps the new one, which makes a new version.</summary>
    /// <returns>False when the lease was lost meanwhile; nothing was written.</returns>
    Task<bool> ReleaseRotatedAsync(Lease lease, TokenSet tokens, DateTimeOffset dueAt, DateTimeOffset notBefore, string error, CancellationToken cancel);

    /// <summary>Gives a lease back without new tokens, to be tried again at <paramref name="dueAt"/>; <paramref name="error"/> says why, in a word.</summary>
    Task ReleaseAsync(Lease lease, DateTimeOffset dueAt, DateTimeOffset notBefore, string error, CancellationToken cancel);

    /// <summary>When the next renewal of a living session is due; null when none is scheduled.</summary>
    Task<DateTimeOffset?> NextDueAsync(DateTimeOffset now, CancellationToken cancel);

    /// <summary>How many living sessions are due: the backlog.</summary>
    Task<long> CountDueAsync(DateTimeOffset now, CancellationToken cancel);

    /// <summary>How many sessions there are, from indexes alone: asked for twice a minute, however many they are.</summary>
    Task<SessionCount> CountAsync(DateTimeOffset now, CancellationToken cancel);

    /// <summary>How many renewals become due in each of <paramref name="steps"/> steps from now on.</summary>
    Task<IReadOnlyList<long>> CountUpcomingAsync(DateTimeOffset now, TimeSpan step, int steps, CancellationToken cancel);

    /// <summary>How many sessions are renewed too late, from indexes alone.</summary>
    /// <param name="now">The time.</param>
    /// <param name="lateBefore">What was due before this, and is not begun, is late.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    Task<SessionTrouble> CountTroubleAsync(DateTimeOffset now, DateTimeOffset lateBefore, CancellationToken cancellationToken);

    /// <summary>As <see cref="SearchAsync"/>, of the sessions that <see cref="CountTroubleAsync"/> counts.</summary>
    Task<IReadOnlyList<Session>> SearchTroubleAsync(
        string? user, SessionPosition? after, int take, DateTimeOffset now, DateTimeOffset lateBefore, CancellationToken cancellationToken);

    /// <summary>The session that a log line or a list names by its handle; null when there is none.</summary>
    Task<Session?> FindByHandleAsync(string handle, CancellationToken cancel);

    /// <summary>Living sessions, newest first.</summary>
    /// <param name="user">How the subject begins, or the name, in any case; null for everybody's.</param>
    /// <param name="after">The last one seen; null for the first page.</param>
    /// <param name="take">How many at most.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancel">Stops waiting for the store.</param>
    Task<IReadOnlyList<Session>> SearchAsync(string? user, SessionPosition? after, int take, DateTimeOffset now, CancellationToken cancel);
}
