using Bff.Providers;

namespace Bff.Sessions.Store;

/// <summary>
/// Keeps sessions and their tokens. Every member is one atomic step; every write that others have to know of publishes its change. Whatever ends a session
/// keeps its refresh token in the same step, to be revoked at the provider. No member finds, claims or ends sessions of another client than ours
/// (<see cref="SessionClients"/>). All of this holds for <see cref="IRenewalQueue"/> and <see cref="ISessionDirectory"/>, too.
/// </summary>
internal interface ISessionStore
{
    /// <summary>Keeps a new session and ends those it takes the place of: both or neither.</summary>
    /// <param name="session">The new one.</param>
    /// <param name="replaced">Sessions that must not live on beside it; those that are not there do no harm.</param>
    /// <param name="limit">How many its user may have with it, those of before that have ended not counted; exact however many sign in at once, on whichever
    /// node. Null for as many as come.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>Those that it ended; null when it is one too many itself, and nothing was done.</returns>
    /// <exception cref="SignedOutMeanwhileException">
    /// <see cref="LogOutAsync"/> was for this user, or for their session at the provider, since <see cref="Session.SignInBegunAt"/>; nothing is kept or ended.
    /// </exception>
    Task<IReadOnlyList<EndedSession>?> AddAsync(
        Session session, IReadOnlyCollection<SessionId> replaced, SessionLimit? limit, CancellationToken cancellationToken);

    /// <summary>The session, also when it has ended but was not swept yet; null when there is none.</summary>
    Task<Session?> FindAsync(SessionId id, CancellationToken cancellationToken);

    /// <summary>Those of these sessions that are there, as far as it takes to see that one has changed: at little cost, for what is open for hours.</summary>
    /// <param name="ids">At most <see cref="SessionGlance.MaxAtOnce"/>.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    Task<IReadOnlyList<SessionGlance>> GlanceAsync(IReadOnlyCollection<SessionId> ids, CancellationToken cancellationToken);

    /// <summary>
    /// Why a session that is there no longer ended, one of <see cref="EndReasons"/>, for some days after its end; null when that is not known.
    /// </summary>
    Task<string?> FindEndAsync(SessionId id, CancellationToken cancellationToken);

    /// <summary>Moves the idle end. Never touches tokens or version, so it cannot undo a renewal.</summary>
    /// <returns>The session's end now; null when there is no such session.</returns>
    Task<DateTimeOffset?> SlideAsync(SessionId id, DateTimeOffset endsAt, CancellationToken cancellationToken);

    /// <summary>Ends a session; with <paramref name="version"/> only if it has not been renewed since.</summary>
    /// <param name="id">The session.</param>
    /// <param name="version">The version the caller saw; null for whatever it is.</param>
    /// <param name="reason">One of <see cref="EndReasons"/>; goes out with the change.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>What ended; null when there was no such session, or it moved on.</returns>
    Task<EndedSession?> RemoveAsync(SessionId id, long? version, string reason, CancellationToken cancellationToken);

    /// <summary>Ends every session whose tokens this Data Protection key sealed.</summary>
    Task<IReadOnlyList<EndedSession>> RemoveSealedWithAsync(Guid key, string reason, CancellationToken cancellationToken);

    /// <summary>
    /// Ends what the provider has signed out, and keeps sign-ins that were begun before it from beginning sessions: all of it, or nothing.
    /// </summary>
    /// <returns>Those that it ended; null when the provider had said it before.</returns>
    Task<IReadOnlyList<EndedSession>?> LogOutAsync(ProviderLogout logout, CancellationToken cancellationToken);

    /// <summary>What <see cref="AddAsync"/> asks for: for a sign-in that goes on with a session, and has been written.</summary>
    /// <exception cref="SignedOutMeanwhileException">As there.</exception>
    Task EnsureNotSignedOutAsync(Session session, CancellationToken cancellationToken);

    /// <summary>Deletes sessions past their end, some at a time. It publishes nothing: every copy of such a session says when it ends.</summary>
    /// <returns>Those that were deleted.</returns>
    Task<IReadOnlyList<EndedSession>> RemoveEndedAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Uses something up that may be used once, on whichever node: a sign-in's <c>state</c>.</summary>
    /// <param name="id">What it is; a hash of it, where it is a secret.</param>
    /// <param name="forgetAt">When it would be refused anyway, so that it need not be remembered any longer.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>False when it was used up before.</returns>
    Task<bool> UseOnceAsync(string id, DateTimeOffset forgetAt, CancellationToken cancellationToken);

    /// <summary>Adds to counts that all nodes share, in a span of time that ends at <paramref name="windowEnd"/> and whose counts are forgotten then.</summary>
    /// <param name="counts">How many, by name.</param>
    /// <param name="windowEnd">The same on all nodes.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>The sums, what was added now included.</returns>
    Task<IReadOnlyDictionary<string, long>> CountAsync(
        IReadOnlyDictionary<string, int> counts, DateTimeOffset windowEnd, CancellationToken cancellationToken);

    /// <summary>Keeps a refresh token to be revoked that no session has, or has any longer.</summary>
    /// <param name="id">The session it came for.</param>
    /// <param name="subject">Whose other sessions it waits for, as it may share their grant at the provider; null for the session's own user, while there is
    /// the session.</param>
    /// <param name="tokens">The tokens it is one of.</param>
    /// <param name="ended">That session is over: this token takes the place of the one it left, which was used up for it.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    Task RevokeLaterAsync(SessionId id, string provider, string? subject, TokenSet tokens, bool ended, CancellationToken cancellationToken);

    /// <summary>Takes up to <paramref name="take"/> refresh tokens to revoke at a provider, each for one caller only until <paramref name="until"/>.</summary>
    Task<IReadOnlyList<Revocation>> ClaimRevocationsAsync(
        string provider, DateTimeOffset now, DateTimeOffset until, int take, CancellationToken cancellationToken);

    /// <summary>Forgets a claimed revocation, or has it tried again; nothing when somebody else took it over.</summary>
    Task CompleteRevocationAsync(Revocation revocation, DateTimeOffset? again, CancellationToken cancellationToken);

    /// <summary>Finds out, at little cost, whether sessions can be read.</summary>
    Task ProbeReadAsync(CancellationToken cancellationToken);

    /// <summary>Finds out, at little cost, whether anything can be written: in a row of its own.</summary>
    Task ProbeWriteAsync(CancellationToken cancellationToken);
}
