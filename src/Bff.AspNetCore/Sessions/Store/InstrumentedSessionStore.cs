using Bff.Providers;
using Microsoft.Extensions.Options;

namespace Bff.Sessions.Store;

/// <summary>
/// The configured store with an eye on it: how long each operation takes, whether it answers at all, and, since no session comes or goes without it, who signs
/// in and what ends. Whatever the store's driver throws leaves here as <see cref="SessionStoreException"/>, and in time.
/// </summary>
internal sealed partial class InstrumentedSessionStore(
    IFullSessionStore store, SessionStorage storage, StoreHealth health, SessionMetrics metrics, Audit audit, SessionEvents events,
    IOptionsMonitor<SessionsOptions> options, TimeProvider clock, ILogger<InstrumentedSessionStore> logger) : IFullSessionStore
{
    private const string Probe = "probe";

    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);

    private long? _told;

    /// <summary>Nobody's request waits for these, and among millions of sessions they take a while.</summary>
    private static readonly HashSet<string> Slow = ["remove_ended", "remove_sealed", "count", "count_due", "count_upcoming", "count_trouble", "search"];

    public async Task<IReadOnlyList<EndedSession>?> AddAsync(
        Session added, IReadOnlyCollection<SessionId> replaced, SessionLimit? limit, CancellationToken cancellationToken)
    {
        // A session that comes into being when nobody waits for it any longer would have no key anywhere, and count all the same.
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        IReadOnlyList<EndedSession>? ended;
        try
        {
            ended = await WriteAsync("add", () => store.AddAsync(added, replaced, limit, waiting.Token));
        }
        finally
        {
            await waiting.CancelAsync();
        }

        if (ended is null) { return null; }
        foreach (var session in ended) { Tell(session); }
        metrics.Created(added.FrontEnd, added.Provider);
        audit.SignedIn($"{added.Id}", added.Subject, added.FrontEnd, added.Provider);
        events.Started(added);
        return ended;
    }

    public async Task<Session?> FindAsync(SessionId id, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync("find", () => store.FindAsync(id, cancellationToken));
        }
        catch (SessionStoreException error) when (error.IsDamage)
        {
            // The store, or the pages of this one session? Then it is as good as gone, and its user has to sign in again.
            await ProbeReadAsync(cancellationToken);
            Damaged(id, error.Message);
            return null;
        }
    }

    public Task<IReadOnlyList<SessionGlance>> GlanceAsync(IReadOnlyCollection<SessionId> ids, CancellationToken cancellationToken) =>
        ReadAsync("glance", () => store.GlanceAsync(ids, cancellationToken));

    public Task<string?> FindEndAsync(SessionId id, CancellationToken cancellationToken) =>
        ReadAsync("find_end", () => store.FindEndAsync(id, cancellationToken));

    public Task<DateTimeOffset?> SlideAsync(SessionId id, DateTimeOffset endsAt, CancellationToken cancellationToken) =>
        WriteAsync("slide", () => store.SlideAsync(id, endsAt, cancellationToken));

    public async Task<EndedSession?> RemoveAsync(SessionId id, long? version, string reason, CancellationToken cancellationToken)
    {
        var ended = await WriteAsync("remove", () => store.RemoveAsync(id, version, reason, cancellationToken));
        if (ended is not null) { Tell(ended); }
        return ended;
    }

    public async Task<bool> RemoveAsync(Lease lease, string reason, CancellationToken cancellationToken)
    {
        var removed = await WriteAsync("remove", () => store.RemoveAsync(lease, reason, cancellationToken));
        if (removed) { Tell(EndedSession.Of(lease.Session, reason)); }
        return removed;
    }

    public async Task<IReadOnlyList<EndedSession>> RemoveSealedWithAsync(Guid key, string reason, CancellationToken cancellationToken)
    {
        var ended = await WriteAsync("remove_sealed", () => store.RemoveSealedWithAsync(key, reason, cancellationToken));
        foreach (var session in ended) { Tell(session); }
        return ended;
    }

    public async Task<IReadOnlyList<EndedSession>?> LogOutAsync(ProviderLogout logout, CancellationToken cancellationToken)
    {
        var ended = await WriteAsync("log_out", () => store.LogOutAsync(logout, cancellationToken));
        foreach (var session in ended ?? []) { Tell(session); }
        return ended;
    }

    public Task EnsureNotSignedOutAsync(Session session, CancellationToken cancellationToken) =>
        WriteAsync("is_signed_out", () => store.EnsureNotSignedOutAsync(session, cancellationToken));

    public Task RevokeLaterAsync(
        SessionId id, string provider, string? subject, TokenSet tokens, bool ended, CancellationToken cancellationToken) =>
        WriteAsync("revoke_later", () => store.RevokeLaterAsync(id, provider, subject, tokens, ended, cancellationToken));

    public Task<IReadOnlyList<Revocation>> ClaimRevocationsAsync(
        string provider, DateTimeOffset now, DateTimeOffset until, int take, CancellationToken cancellationToken) =>
        WriteAsync("claim_revocations", () => store.ClaimRevocationsAsync(provider, now, until, take, cancellationToken));

    public Task CompleteRevocationAsync(Revocation revocation, DateTimeOffset? again, CancellationToken cancellationToken) =>
        WriteAsync("complete_revocation", () => store.CompleteRevocationAsync(revocation, again, cancellationToken));

    public async Task<IReadOnlyList<EndedSession>> RemoveEndedAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var ended = await WriteAsync("remove_ended", () => store.RemoveEndedAsync(now, cancellationToken));
        foreach (var session in ended) { Tell(session); }
        return ended;
    }

    public Task<bool> UseOnceAsync(string id, DateTimeOffset forgetAt, CancellationToken cancellationToken) =>
        WriteAsync("use_once", () => store.UseOnceAsync(id, forgetAt, cancellationToken));

    public Task<IReadOnlyDictionary<string, long>> CountAsync(
        IReadOnlyDictionary<string, int> counts, DateTimeOffset windowEnd, CancellationToken cancellationToken) =>
        WriteAsync("count_shared", () => store.CountAsync(counts, windowEnd, cancellationToken));

    public Task<IReadOnlyList<Lease>> ClaimDueAsync(
        string provider, DateTimeOffset now, string owner, DateTimeOffset leaseUntil, int take, CancellationToken cancellationToken) =>
        WriteAsync("claim_due", () => store.ClaimDueAsync(provider, now, owner, leaseUntil, take, cancellationToken));

    public Task<Lease?> ClaimAsync(
        SessionId id, long version, DateTimeOffset now, string owner, DateTimeOffset leaseUntil, CancellationToken cancellationToken) =>
        WriteAsync("claim", () => store.ClaimAsync(id, version, now, owner, leaseUntil, cancellationToken));

    public Task<Lease?> ClaimToReplaceAsync(
        SessionId id, long version, DateTimeOffset now, string owner, DateTimeOffset leaseUntil, CancellationToken cancellationToken) =>
        WriteAsync("claim", () => store.ClaimToReplaceAsync(id, version, now, owner, leaseUntil, cancellationToken));

    public async Task<bool> CompleteRenewalAsync(
        Lease lease, TokenSet tokens, DateTimeOffset? dueAt, IReadOnlyList<SessionClaim>? claims, CancellationToken cancellationToken)
    {
        var isWritten = await WriteAsync("complete_renewal", () => store.CompleteRenewalAsync(lease, tokens, dueAt, claims, cancellationToken));
        if (isWritten && tokens.AccessToken != lease.Session.Tokens?.AccessToken) { events.Renewed(lease.Session, tokens.ExpiresAt); }
        return isWritten;
    }

    public Task<bool> ReleaseRotatedAsync(
        Lease lease, TokenSet tokens, DateTimeOffset dueAt, DateTimeOffset notBefore, string error, CancellationToken cancellationToken) =>
        WriteAsync("release", () => store.ReleaseRotatedAsync(lease, tokens, dueAt, notBefore, error, cancellationToken));

    public Task ReleaseAsync(Lease lease, DateTimeOffset dueAt, DateTimeOffset notBefore, string error, CancellationToken cancellationToken) =>
        WriteAsync("release", () => store.ReleaseAsync(lease, dueAt, notBefore, error, cancellationToken));

    public Task<int> FreeLeasesAsync(string instance, DateTimeOffset now, CancellationToken cancellationToken) =>
        WriteAsync("free_leases", () => store.FreeLeasesAsync(instance, now, cancellationToken));

    public Task<DateTimeOffset?> NextDueAsync(string provider, DateTimeOffset now, CancellationToken cancellationToken) =>
        ReadAsync("next_due", () => store.NextDueAsync(provider, now, cancellationToken));

    public Task<long> CountDueAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        ReadAsync("count_due", () => store.CountDueAsync(now, cancellationToken));

    public Task<SessionCount> CountAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        ReadAsync("count", () => store.CountAsync(now, cancellationToken));

    public async Task<IReadOnlyList<Session>> RemoveUserAsync(
        string subject, string? provider, string reason, CancellationToken cancellationToken)
    {
        var ended = await WriteAsync("remove_user", () => store.RemoveUserAsync(subject, provider, reason, cancellationToken));
        foreach (var session in ended) { Tell(EndedSession.Of(session, reason)); }
        return ended;
    }

    public Task<IReadOnlyList<long>> CountUpcomingAsync(DateTimeOffset now, TimeSpan step, int steps, CancellationToken cancellationToken) =>
        ReadAsync("count_upcoming", () => store.CountUpcomingAsync(now, step, steps, cancellationToken));

    public Task<SessionTrouble> CountTroubleAsync(DateTimeOffset now, DateTimeOffset lateBefore, CancellationToken cancellationToken) =>
        ReadAsync("count_trouble", () => store.CountTroubleAsync(now, lateBefore, cancellationToken));

    public Task<IReadOnlyList<Session>> SearchTroubleAsync(
        SessionFilter filter, SessionPosition? after, int take, DateTimeOffset now, DateTimeOffset lateBefore, CancellationToken cancellationToken) =>
        ReadAsync("search", () => store.SearchTroubleAsync(filter, after, take, now, lateBefore, cancellationToken));

    public Task<Session?> FindByHandleAsync(string handle, CancellationToken cancellationToken) =>
        ReadAsync("find_by_handle", () => store.FindByHandleAsync(handle, cancellationToken));

    public Task<IReadOnlyList<Session>> SearchAsync(
        SessionFilter filter, SessionPosition? after, int take, DateTimeOffset now, CancellationToken cancellationToken) =>
        ReadAsync("search", () => store.SearchAsync(filter, after, take, now, cancellationToken));

    public Task<IReadOnlyList<UserSession>> ListOfUserAsync(
        Session session, string? handle, int take, DateTimeOffset now, CancellationToken cancellationToken) =>
        ReadAsync("list_of_user", () => store.ListOfUserAsync(session, handle, take, now, cancellationToken));

    public Task<StoredClientToken?> FindClientTokenAsync(string id, CancellationToken cancellationToken) =>
        ReadAsync("find_client_token", () => store.FindClientTokenAsync(id, cancellationToken));

    public Task<bool> ClaimClientTokenAsync(
        string id, long version, DateTimeOffset now, string owner, DateTimeOffset until, CancellationToken cancellationToken) =>
        WriteAsync("claim_client_token", () => store.ClaimClientTokenAsync(id, version, now, owner, until, cancellationToken));

    public Task<bool> CompleteClientTokenAsync(
        string id, string owner, TokenSet? tokens, DateTimeOffset forgetAt, CancellationToken cancellationToken) =>
        WriteAsync("complete_client_token", () => store.CompleteClientTokenAsync(id, owner, tokens, forgetAt, cancellationToken));

    private void Tell(EndedSession ended)
    {
        var (session, reason, frontEnd, provider) = ($"{ended.Id}", ended.Reason, ended.FrontEnd, ended.Provider);
        metrics.Ended(frontEnd, provider, reason);
        if (reason == EndReasons.SignedOut) { audit.SignedOut(session, frontEnd, provider); }
        else { audit.SessionEnded(session, EndReasons.EndedBy(reason), reason, frontEnd, provider); }
        events.Ended(ended);
    }

    public Task ProbeReadAsync(CancellationToken cancellationToken) => ProbeAsync(StoreAccess.Read, () => store.ProbeReadAsync(cancellationToken));

    public Task ProbeWriteAsync(CancellationToken cancellationToken) => ProbeAsync(StoreAccess.Write, () => store.ProbeWriteAsync(cancellationToken));

    private async Task ProbeAsync(StoreAccess access, Func<Task> run)
    {
        health.EnsurePrepared();   // what answers may be another store, or one whose keys do not open
        await AskAsync(Probe, access, () => Answering(run()));
    }

    private async Task<T> ReadAsync<T>(string operation, Func<Task<T>> run)
    {
        health.Enter(StoreAccess.Read);
        try
        {
            return await AskAsync(operation, StoreAccess.Read, run);
        }
        catch (SessionStoreException error) when (error.IsConnection)
        {
            // One that was open since before the server was restarted, most likely; to ask twice changes nothing.
            return await AskAsync(operation, StoreAccess.Read, run);
        }
    }

    private Task<bool> WriteAsync(string operation, Func<Task> run) => WriteAsync(operation, () => Answering(run()));

    private async Task<T> WriteAsync<T>(string operation, Func<Task<T>> run)
    {
        health.Enter(StoreAccess.Write);
        try
        {
            return await AskAsync(operation, StoreAccess.Write, run);
        }
        catch (SessionStoreException error) when (error.IsDeadlock)
        {
            return await AskAsync(operation, StoreAccess.Write, run);   // all of it was taken back, and the other one is through
        }
        catch (SessionStoreException error) when (error.IsDamage)
        {
            await ProbeWriteAsync(CancellationToken.None);   // the store, or the pages of this one write?
            throw;
        }
    }

    private async Task<T> AskAsync<T>(string operation, StoreAccess access, Func<Task<T>> run)
    {
        var started = clock.GetTimestamp();
        try
        {
            var result = await storage.WithinAsync(run(), Slow.Contains(operation) ? SessionStorage.SlowLimit : options.CurrentValue.StoreTimeout, clock);
            health.Succeeded(access);
            metrics.Stored(operation, clock.GetElapsedTime(started), error: null);
            return result;
        }
        catch (Exception error) when (storage.FailureOf(error) is { } failure)   // who stops waiting says nothing about the store
        {
            metrics.Stored(operation, clock.GetElapsedTime(started), error);
            if (failure.IsConnection || failure.IsDamage) { storage.ForgetConnections(); }
            Judge(operation, access, failure);
            throw failure;
        }
    }

    /// <summary>A probe is about the store; anything else may be refused, or meet something damaged, where the next one is not.</summary>
    private void Judge(string operation, StoreAccess access, SessionStoreException failure)
    {
        if (operation == Probe || !(failure.IsRefusal || failure.IsDamage)) { health.Failed(access, failure); }
        else if (failure.IsDamage) { health.Damaged(failure); }
        else if (_told is not { } told || clock.GetElapsedTime(told) >= LogInterval)
        {
            _told = clock.GetTimestamp();
            SaidNo(operation, failure.Message);
        }
    }

    [LoggerMessage(LogLevel.Error, "The session store refused an operation ({Operation}): {Reason}")]
    private partial void SaidNo(string operation, string reason);

    [LoggerMessage(
        LogLevel.Error, "Session {Session} cannot be read, others can: {Reason} Its user has to sign in again; the store should be restored from a backup.")]
    private partial void Damaged(SessionId session, string reason);

    private static async Task<bool> Answering(Task task)
    {
        await task;
        return true;
    }
}
