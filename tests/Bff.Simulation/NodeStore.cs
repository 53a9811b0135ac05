using Bff.Providers;
using Bff.Sessions;
using Bff.Sessions.Store;

namespace Bff.Simulation;

/// <summary>The store as one node has it: each statement takes a while, and reaches it no more when the node is gone.</summary>
internal sealed class NodeStore(
    SessionTable table, int node, Func<TimeSpan> latency, TimeProvider clock, Action<SessionChange, int> publish, Func<string, int> nodeOf)
    : ISessionStore, IRenewalQueue
{
    private long _claims, _claimed, _nextDues, _completions, _finds;

    public long Claims => Interlocked.Read(ref _claims);

    public long Claimed => Interlocked.Read(ref _claimed);

    public long NextDues => Interlocked.Read(ref _nextDues);

    public long Completions => Interlocked.Read(ref _completions);

    public long Finds => Interlocked.Read(ref _finds);

    public async Task<IReadOnlyList<Lease>> ClaimDueAsync(
        string provider, DateTimeOffset now, string owner, DateTimeOffset leaseUntil, int take, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _claims);
        await ReachAsync(cancellationToken);
        var leases = table.ClaimDue(node, now, owner, leaseUntil, take);
        Interlocked.Add(ref _claimed, leases.Count);
        return leases;
    }

    public async Task<Lease?> ClaimAsync(
        SessionId id, long version, DateTimeOffset now, string owner, DateTimeOffset leaseUntil, CancellationToken cancellationToken)
    {
        await ReachAsync(cancellationToken);
        return table.Claim(node, SessionTable.NumberOf(id), version, now, owner, leaseUntil);
    }

    public Task<Lease?> ClaimToReplaceAsync(
        SessionId id, long version, DateTimeOffset now, string owner, DateTimeOffset leaseUntil, CancellationToken cancellationToken) =>
        ClaimAsync(id, version, now, owner, leaseUntil, cancellationToken);

    public async Task<bool> CompleteRenewalAsync(
        Lease lease, TokenSet tokens, DateTimeOffset? dueAt, IReadOnlyList<SessionClaim>? claims, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _completions);
        await ReachAsync(cancellationToken);
        var written = table.Complete(node, lease, tokens, dueAt!.Value, clock.GetUtcNow());
        publish(new SessionChange(lease.Session.Id, dueAt), node);
        return written;
    }

    public async Task ReleaseAsync(Lease lease, DateTimeOffset dueAt, DateTimeOffset notBefore, string error, CancellationToken cancellationToken)
    {
        await ReachAsync(cancellationToken);
        table.Release(SessionTable.NumberOf(lease.Session.Id), lease, dueAt);
        publish(new SessionChange(lease.Session.Id, dueAt), node);
    }

    public async Task<int> FreeLeasesAsync(string instance, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await ReachAsync(cancellationToken);
        var freed = table.FreeLeases(nodeOf(instance), now);
        foreach (var number in freed) { publish(new SessionChange(SessionTable.IdOf(number), now), node); }
        return freed.Count;
    }

    public async Task<DateTimeOffset?> NextDueAsync(string provider, DateTimeOffset now, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _nextDues);
        await ReachAsync(cancellationToken);
        return table.NextDue();
    }

    public async Task<Session?> FindAsync(SessionId id, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _finds);
        await ReachAsync(cancellationToken);
        return table.Find(SessionTable.NumberOf(id));
    }

    private Task ReachAsync(CancellationToken cancellationToken) => Task.Delay(latency(), clock, cancellationToken);

    // The provider of the simulation ends no session and gives no token without renewing, nobody signs in or out, and the store is always there.

    public Task<bool> ReleaseRotatedAsync(
        Lease lease, TokenSet tokens, DateTimeOffset dueAt, DateTimeOffset notBefore, string error, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<bool> RemoveAsync(Lease lease, string reason, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<long> CountDueAsync(DateTimeOffset now, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<EndedSession>?> AddAsync(
        Session session, IReadOnlyCollection<SessionId> replaced, SessionLimit? limit, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<string?> FindEndAsync(SessionId id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<DateTimeOffset?> SlideAsync(SessionId id, DateTimeOffset endsAt, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<EndedSession?> RemoveAsync(SessionId id, long? version, string reason, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<EndedSession>> RemoveSealedWithAsync(Guid key, string reason, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<EndedSession>?> LogOutAsync(ProviderLogout logout, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task EnsureNotSignedOutAsync(Session session, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<EndedSession>> RemoveEndedAsync(DateTimeOffset now, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<SessionGlance>> GlanceAsync(IReadOnlyCollection<SessionId> ids, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IReadOnlyDictionary<string, long>> CountAsync(
        IReadOnlyDictionary<string, int> counts, DateTimeOffset windowEnd, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> UseOnceAsync(string id, DateTimeOffset forgetAt, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task RevokeLaterAsync(SessionId id, string provider, string? subject, TokenSet tokens, bool ended, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<Revocation>> ClaimRevocationsAsync(
        string provider, DateTimeOffset now, DateTimeOffset until, int take, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task CompleteRevocationAsync(Revocation revocation, DateTimeOffset? again, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task ProbeReadAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task ProbeWriteAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
