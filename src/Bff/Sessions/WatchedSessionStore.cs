using Bff.Tokens;

namespace Bff.Sessions;

/// <summary>The configured store with an eye on it: how long each operation takes, and, since no session comes or goes without it, who signs in and what ends.</summary>
internal sealed class WatchedSessionStore(ISessionStore store, SessionMetrics metrics, Audit audit, TimeProvider clock) : ISessionStore
{
    public async Task AddAsync(Session session, CancellationToken cancel)
    {
        await MeasureAsync("add", () => store.AddAsync(session, cancel));
        metrics.Created();
        audit.SignedIn($"{session.Id}", session.Subject);
    }

    public Task<Session?> FindAsync(SessionId id, CancellationToken cancel) => MeasureAsync("find", () => store.FindAsync(id, cancel));

    public Task SlideAsync(SessionId id, DateTimeOffset endsAt, CancellationToken cancel) => MeasureAsync("slide", () => store.SlideAsync(id, endsAt, cancel));

    public async Task<bool> RemoveAsync(SessionId id, long? version, string reason, CancellationToken cancel)
    {
        var removed = await MeasureAsync("remove", () => store.RemoveAsync(id, version, reason, cancel));
        if (removed) { Tell(id, reason); }
        return removed;
    }

    public async Task<bool> RemoveAsync(Lease lease, string reason, CancellationToken cancellationToken)
    {
        var removed = await MeasureAsync("remove", () => store.RemoveAsync(lease, reason, cancellationToken));
        if (removed) { Tell(lease.Session.Id, reason); }
        return removed;
    }

    public async Task<IReadOnlyList<SessionId>> RemoveSealedWithAsync(Guid key, string reason, CancellationToken cancellationToken)
    {
        var ended = await MeasureAsync("remove_sealed", () => store.RemoveSealedWithAsync(key, reason, cancellationToken));
        foreach (var id in ended) { Tell(id, reason); }
        return ended;
    }

    public Task RevokeLaterAsync(SessionId id, string? subject, TokenSet tokens, bool ended, CancellationToken cancellationToken) =>
        MeasureAsync("revoke_later", () => store.RevokeLaterAsync(id, subject, tokens, ended, cancellationToken));

    public Task<IReadOnlyList<Revocation>> ClaimRevocationsAsync(DateTimeOffset now, DateTimeOffset until, int take, CancellationToken cancellationToken) =>
        MeasureAsync("claim_revocations", () => store.ClaimRevocationsAsync(now, until, take, cancellationToken));

    public Task CompleteRevocationAsync(Revocation revocation, DateTimeOffset? again, CancellationToken cancellationToken) =>
        MeasureAsync("complete_revocation", () => store.CompleteRevocationAsync(revocation, again, cancellationToken));

    public async Task<IReadOnlyList<EndedSession>> RemoveEndedAsync(DateTimeOffset now, CancellationToken cancel)
    {
        var ended = await MeasureAsync("remove_ended", () => store.RemoveEndedAsync(now, cancel));
        foreach (var session in ended) { Tell(session.Id, session.Reason); }
        return ended;
    }

    public Task<bool> UseOnceAsync(string id, DateTimeOffset forgetAt, CancellationToken cancellationToken) =>
        MeasureAsync("use_once", () => store.UseOnceAsync(id, forgetAt, cancellationToken));

    public Task<IReadOnlyList<Lease>> ClaimDueAsync(DateTimeOffset now, string owner, DateTimeOffset leaseUntil, int take, CancellationToken cancel) =>
        MeasureAsync("claim_due", () => store.ClaimDueAsync(now, owner, leaseUntil, take, cancel));

    public Task<Lease?> ClaimAsync(SessionId id, long version, DateTimeOffset now, string owner, DateTimeOffset leaseUntil, CancellationToken cancel) =>
        MeasureAsync("claim", () => store.ClaimAsync(id, version, now, owner, leaseUntil, cancel));

    public Task<Lease?> ClaimToReplaceAsync(
        SessionId id, long version, DateTimeOffset now, string owner, DateTimeOffset leaseUntil, CancellationToken cancellationToken) =>
        MeasureAsync("claim", () => store.ClaimToReplaceAsync(id, version, now, owner, leaseUntil, cancellationToken));

    public Task<bool> CompleteRenewalAsync(
        Lease lease, TokenSet tokens, DateTimeOffset? dueAt, IReadOnlyList<SessionClaim>? claims, CancellationToken cancel) =>
        MeasureAsync("complete_renewal", () => store.CompleteRenewalAsync(lease, tokens, dueAt, claims, cancel));

    public Task<bool> ReleaseRotatedAsync(
        Lease lease, TokenSet tokens, DateTimeOffset dueAt, DateTimeOffset notBefore, string error, CancellationToken cancel) =>
        MeasureAsync("release", () => store.ReleaseRotatedAsync(lease, tokens, dueAt, notBefore, error, cancel));

    public Task ReleaseAsync(Lease lease, DateTimeOffset dueAt, DateTimeOffset notBefore, string error, CancellationToken cancel) =>
        MeasureAsync("release", () => store.ReleaseAsync(lease, dueAt, notBefore, error, cancel));

    public Task<DateTimeOffset?> NextDueAsync(DateTimeOffset now, CancellationToken cancel) => MeasureAsync("next_due", () => store.NextDueAsync(now, cancel));

    public Task<long> CountDueAsync(DateTimeOffset now, CancellationToken cancel) => MeasureAsync("count_due", () => store.CountDueAsync(now, cancel));

    public Task<SessionCount> CountAsync(DateTimeOffset now, CancellationToken cancel) => MeasureAsync("count", () => store.CountAsync(now, cancel));

    public async Task<IReadOnlyList<Session>> RemoveUserAsync(string subject, string reason, CancellationToken cancel)
    {
        var ended = await MeasureAsync("remove_user", () => store.RemoveUserAsync(subject, reason, cancel));
        foreach (var session in ended) { Tell(session.Id, reason); }
        return ended;
    }

    public Task<IReadOnlyList<long>> CountUpcomingAsync(DateTimeOffset now, TimeSpan step, int steps, CancellationToken cancel) =>
        MeasureAsync("count_upcoming", () => store.CountUpcomingAsync(now, step, steps, cancel));

    public Task<SessionTrouble> CountTroubleAsync(DateTimeOffset now, DateTimeOffset lateBefore, CancellationToken cancellationToken) =>
        MeasureAsync("count_trouble", () => store.CountTroubleAsync(now, lateBefore, cancellationToken));

    public Task<IReadOnlyList<Session>> SearchTroubleAsync(
        string? user, SessionPosition? after, int take, DateTimeOffset now, DateTimeOffset lateBefore, CancellationToken cancellationToken) =>
        MeasureAsync("search", () => store.SearchTroubleAsync(user, after, take, now, lateBefore, cancellationToken));

    public Task<Session?> FindByHandleAsync(string handle, CancellationToken cancel) => MeasureAsync("find_by_handle", () => store.FindByHandleAsync(handle, cancel));

    public Task<IReadOnlyList<Session>> SearchAsync(string? user, SessionPosition? after, int take, DateTimeOffset now, CancellationToken cancel) =>
        MeasureAsync("search", () => store.SearchAsync(user, after, take, now, cancel));

    private void Tell(SessionId id, string reason)
    {
        metrics.Ended(reason);
        if (reason == EndReasons.SignedOut) { audit.SignedOut($"{id}"); }
        else { audit.SessionEnded($"{id}", EndReasons.EndedBy(reason), reason); }
    }

    private async Task MeasureAsync(string operation, Func<Task> run) => await MeasureAsync(operation, async () =>
    {
        await run();
        return true;
    });

    private async Task<T> MeasureAsync<T>(string operation, Func<Task<T>> run)
    {
        var started = clock.GetTimestamp();
        try
        {
            var result = await run();
            metrics.Stored(operation, clock.GetElapsedTime(started), error: null);
            return result;
        }
        catch (Exception error) when (error is not OperationCanceledException)   // who stops waiting says nothing about the store
        {
            metrics.Stored(operation, clock.GetElapsedTime(started), error);
            throw;
        }
    }
}
