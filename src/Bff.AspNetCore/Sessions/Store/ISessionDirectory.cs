namespace Bff.Sessions.Store;

/// <summary>Sessions as operators and their users see them: found by handle or user, listed, counted, and ended for a user.</summary>
internal interface ISessionDirectory
{
    /// <summary>How many sessions there are, from indexes alone: <see cref="SessionCounts"/> asks six times a minute, however many they are.</summary>
    Task<SessionCount> CountAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>How many renewals become due in each of <paramref name="steps"/> steps from now on.</summary>
    Task<IReadOnlyList<long>> CountUpcomingAsync(DateTimeOffset now, TimeSpan step, int steps, CancellationToken cancellationToken);

    /// <summary>How many sessions are renewed too late, from indexes alone.</summary>
    /// <param name="now">The time.</param>
    /// <param name="lateBefore">What was due before this, and is not begun, is late.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    Task<SessionTrouble> CountTroubleAsync(DateTimeOffset now, DateTimeOffset lateBefore, CancellationToken cancellationToken);

    /// <summary>As <see cref="SearchAsync"/>, of the sessions that <see cref="CountTroubleAsync"/> counts.</summary>
    Task<IReadOnlyList<Session>> SearchTroubleAsync(
        SessionFilter filter, SessionPosition? after, int take, DateTimeOffset now, DateTimeOffset lateBefore, CancellationToken cancellationToken);

    /// <summary>The session that a log line or a list names by its handle; null when there is none.</summary>
    Task<Session?> FindByHandleAsync(string handle, CancellationToken cancellationToken);

    /// <summary>Living sessions, newest first.</summary>
    /// <param name="filter">Which of them.</param>
    /// <param name="after">The last one seen; null for the first page.</param>
    /// <param name="take">How many at most.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    Task<IReadOnlyList<Session>> SearchAsync(
        SessionFilter filter, SessionPosition? after, int take, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>
    /// Living sessions of a user at one provider, from what is no secret: this one first, then the newest. Without this one it has ended, and whoever asks has
    /// only a copy of it.
    /// </summary>
    /// <param name="session">Whose.</param>
    /// <param name="handle">Of the one that is looked for beside this one; null for all.</param>
    /// <param name="take">How many at most.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    Task<IReadOnlyList<UserSession>> ListOfUserAsync(
        Session session, string? handle, int take, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Ends every session of this user.</summary>
    /// <param name="subject">The user's <c>sub</c>, the whole of it.</param>
    /// <param name="provider">Whose <c>sub</c> it is: one of ours, or null for everybody any of them calls so.</param>
    /// <param name="reason">One of <see cref="EndReasons"/>.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>What they were.</returns>
    Task<IReadOnlyList<Session>> RemoveUserAsync(string subject, string? provider, string reason, CancellationToken cancellationToken);
}
