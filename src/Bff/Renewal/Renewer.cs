using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics;
using Bff.Sessions;
using Bff.Tokens;
using Microsoft.Extensions.Options;

namespace Bff.Renewal;

/// <summary>
/// Renews sessions: those that are due, and one by one those that somebody needs now. Each renewal is claimed in the store first, so it happens once however many
/// nodes run; it belongs to the session, so nobody who stops waiting for it can stop it; its tokens are stored before anyone uses them.
/// </summary>
internal sealed partial class Renewer(
    ISessionStore store,
    TokenEndpointClient provider,
    RenewalSchedule schedule,
    IOptions<RenewalOptions> options,
    IOptions<TokenOptions> tokenOptions,
    TimeProvider clock,
    ILogger<Renewer> logger) : IDisposable
{
    /// <summary>Time for the store beyond the token call, so that a lease never ends under a renewal that still runs.</summary>
    private static readonly TimeSpan StoreAllowance = TimeSpan.FromSeconds(5);

    /// <summary>A call whose token is old but not expired waits this long for a newer one, then goes with what it has.</summary>
    private static readonly TimeSpan PatienceWhileAlive = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan MisconfiguredRetry = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan StoreRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestLook = TimeSpan.FromMilliseconds(250);

    private readonly SemaphoreSlim _slots = new(options.Value.MaxConcurrency);
    private readonly ConcurrentDictionary<SessionId, Lazy<Task<RenewalResult>>> _flights = new();
    private readonly ConcurrentDictionary<Task, bool> _running = new();

    private TimeSpan TokenTimeout => tokenOptions.Value.TokenTimeout;

    /// <summary>A session whose token can be sent: this one while it is fresh, else renewed, else (while it lives) this one after all.</summary>
    public async ValueTask<RenewalResult> GetUsableAsync(Session session, CancellationToken cancel)
    {
        if (schedule.IsFresh(session.Tokens!)) { return new Usable(session); }
        var result = session.CanRenew
            ? await RenewNowAsync(session, schedule.IsAlive(session.Tokens!) ? PatienceWhileAlive : TokenTimeout, cancel)
            : new NotRenewable();
        return result is Unreachable or NotRenewable && schedule.IsAlive(session.Tokens!) ? new Usable(session) : result;
    }

    /// <summary>Renews although nothing is due.</summary>
    public Task<RenewalResult> RenewNowAsync(Session session, CancellationToken cancel) => session.CanRenew
        ? RenewNowAsync(session, TokenTimeout, cancel)
        : Task.FromResult<RenewalResult>(new NotRenewable());

    /// <summary>Claims due sessions, as many as may run, and starts them.</summary>
    /// <returns>How many were due; when it is 0 there is nothing to do until the next due time.</returns>
    public async Task<int> StartDueAsync(CancellationToken cancel)
    {
        await _slots.WaitAsync(cancel);
        var taken = 1;
        while (taken < options.Value.MaxConcurrency && _slots.Wait(0, CancellationToken.None)) { taken++; }
        IReadOnlyList<Lease> leases = [];
        try
        {
            var now = clock.GetUtcNow();
            leases = await store.ClaimDueAsync(now, NewOwner(), LeaseEnd(now), taken, cancel);
        }
        finally
        {
            if (taken > leases.Count) { _slots.Release(taken - leases.Count); }
        }

        foreach (var lease in leases) { StartInBackground(lease); }
        return leases.Count;
    }

    /// <summary>Waits for every renewal under way: a rotated token that is not stored is a session lost.</summary>
    public Task DrainAsync() =>
        Task.WhenAll(_running.Keys.Select(async task => await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing)));

    private async Task<RenewalResult> RenewNowAsync(Session session, TimeSpan patience, CancellationToken cancel)
    {
        if (session.Failures > 0 && session.NotBefore > clock.GetUtcNow()) { return new Unreachable(session.NotBefore - clock.GetUtcNow()); }
        var flight = _flights.GetOrAdd(session.Id, _ => new Lazy<Task<RenewalResult>>(() => Detached(() => FlyAsync(session))));
        try
        {
            return await flight.Value.WaitAsync(patience, clock, cancel);
        }
        catch (TimeoutException)
        {
            return new Unreachable(StoreAllowance);
        }
    }

    private void StartInBackground(Lease lease)
    {
        var id = lease.Session.Id;
        Lazy<Task<RenewalResult>>? flight = null;
        flight = new(() => Detached(async () =>
        {
            try
            {
                return await RenewAsync(lease);
            }
            finally
            {
                _slots.Release();
                _flights.TryRemove(KeyValuePair.Create(id, flight!));
            }
        }));

        // Calls that need this session now wait for this flight; one that is under way already lost the claim to us and follows it in the store.
        _flights.TryAdd(id, flight);
        _ = flight.Value;
    }

    /// <summary>One flight for all callers of this process that need the same session.</summary>
    private async Task<RenewalResult> FlyAsync(Session session)
    {
        try
        {
            while (true)
            {
                await _slots.WaitAsync();
                try
                {
                    var now = clock.GetUtcNow();
                    if (await store.ClaimAsync(session.Id, session.Version, now, NewOwner(), LeaseEnd(now), CancellationToken.None) is { } lease) { return await RenewAsync(lease); }
                }
                finally
                {
                    _slots.Release();
                }

                // Null: whoever had the lease is gone without an answer. Then it is ours to take.
                if (await FollowAsync(session) is { } result) { return result; }
            }
        }
        catch (DbException error)
        {
            StoreFailed(session.Id, error);
            return new Unreachable(StoreAllowance);
        }
        finally
        {
            _flights.TryRemove(session.Id, out _);
        }
    }

    private async Task<RenewalResult> RenewAsync(Lease lease)
    {
        var started = clock.GetTimestamp();
        try
        {
            var outcome = lease.Session.Tokens is { RefreshToken: not null } tokens
                ? await provider.RefreshAsync(tokens, lease.Session.Subject)
                : new Misconfigured("unreadable_tokens");
            var took = clock.GetElapsedTime(started);
            return outcome switch
            {
                Renewed renewed => await StoreAsync(lease, renewed.Tokens, took),
                Rejected rejected => await EndAsync(lease, rejected.Error),
                Misconfigured wrong => await PostponeAsync(lease, wrong.Error),
                Unavailable down => await BackOffAsync(lease, down),
                _ => throw new UnreachableException(),
            };
        }
        catch (DbException error)
        {
            // The lease runs out by itself and the session becomes due again.
            StoreFailed(lease.Session.Id, error);
            return new Unreachable(StoreAllowance);
        }
    }

    private async Task<RenewalResult> StoreAsync(Lease lease, TokenSet tokens, TimeSpan took)
    {
        var dueAt = schedule.DueAt(lease.Session.Id, tokens);
        if (!await CompleteAsync(lease, tokens, dueAt))
        {
            LeaseLost(lease.Session.Id);
            return await FollowAsync(lease.Session) ?? new Unreachable(StoreAllowance);
        }

        Renewed(lease.Session.Id, (long)took.TotalMilliseconds, tokens.ExpiresAt, dueAt);
        return await store.FindAsync(lease.Session.Id, CancellationToken.None) is { Tokens: not null } current ? new Usable(current) : new Ended();
    }

    /// <summary>The provider has rotated: as long as the lease is ours, a store that stumbles is asked again.</summary>
    private async Task<bool> CompleteAsync(Lease lease, TokenSet tokens, DateTimeOffset? dueAt)
    {
        while (true)
        {
            try
            {
                return await store.CompleteRenewalAsync(lease, tokens, dueAt, CancellationToken.None);
            }
            catch (DbException error) when (clock.GetUtcNow() + StoreRetry < lease.Until)
            {
                StoreFailed(lease.Session.Id, error);
                await Task.Delay(StoreRetry, clock);
            }
        }
    }

    private async Task<RenewalResult> EndAsync(Lease lease, string error)
    {
        if (!await store.RemoveAsync(lease.Session.Id, lease.Session.Version, CancellationToken.None))
        {
            // Somebody renewed in between (invalid_grant then means: that refresh token was used up), or the session is gone already.
            return await FollowAsync(lease.Session) ?? new Unreachable(StoreAllowance);
        }

        SessionRejected(lease.Session.Id, error);
        return new Ended();
    }

    private async Task<RenewalResult> PostponeAsync(Lease lease, string error)
    {
        var again = clock.GetUtcNow() + MisconfiguredRetry;
        await store.ReleaseAsync(lease, again, again, CancellationToken.None);
        WeAreMisconfigured(lease.Session.Id, error);
        return new Unreachable(MisconfiguredRetry);
    }

    private async Task<RenewalResult> BackOffAsync(Lease lease, Unavailable down)
    {
        var (dueAt, notBefore) = schedule.BackOff(lease.Session.Failures + 1, down.RetryAfter);
        await store.ReleaseAsync(lease, dueAt, notBefore, CancellationToken.None);
        ProviderUnavailable(lease.Session.Id, down.Reason, lease.Session.Failures + 1, dueAt);
        return new Unreachable(notBefore - clock.GetUtcNow());
    }

    /// <summary>Somebody else is renewing: never goes on with the old refresh token, but re-reads until the session has moved.</summary>
    /// <returns>Null when the lease ran out and nothing had happened.</returns>
    private async Task<RenewalResult?> FollowAsync(Session seen)
    {
        for (var wait = FirstLook; ; wait = wait * 2 < LongestLook ? wait * 2 : LongestLook)
        {
            var session = await store.FindAsync(seen.Id, CancellationToken.None);
            var now = clock.GetUtcNow();
            if (session is not { Tokens: not null } || session.EndsAt <= now) { return new Ended(); }
            if (session.Version > seen.Version) { return new Usable(session); }
            if (session.Failures > seen.Failures) { return new Unreachable(session.NotBefore - now); }
            if (session.LeaseUntil <= now) { return null; }
            await Task.Delay(wait, clock);
        }
    }

    public void Dispose() => _slots.Dispose();

    private DateTimeOffset LeaseEnd(DateTimeOffset now) => now + TokenTimeout + StoreAllowance;

    private static string NewOwner() => Guid.NewGuid().ToString("N");

    /// <summary>Runs apart from the caller: neither its cancellation nor its request's ambient state reaches a renewal.</summary>
    private Task<RenewalResult> Detached(Func<Task<RenewalResult>> work)
    {
        using (ExecutionContext.SuppressFlow())
        {
            var task = Task.Run(work);
            _running.TryAdd(task, true);
            task.ContinueWith(done => _running.TryRemove(done, out _), TaskScheduler.Default);
            return task;
        }
    }

    [LoggerMessage(LogLevel.Information, "Session {Session} renewed in {Took} ms: the access token expires {ExpiresAt:u}, the next renewal is due {DueAt:u}.")]
    private partial void Renewed(SessionId session, long took, DateTimeOffset expiresAt, DateTimeOffset? dueAt);

    [LoggerMessage(LogLevel.Warning, "Session {Session} ended: the provider answered {Error} to a renewal.")]
    private partial void SessionRejected(SessionId session, string error);

    [LoggerMessage(LogLevel.Error, "The provider refuses this client ({Error}) for session {Session}: check Bff:Oidc and the client's registration. No session is ended; tried again in a minute.")]
    private partial void WeAreMisconfigured(SessionId session, string error);

    [LoggerMessage(LogLevel.Warning, "Session {Session} could not be renewed ({Reason}, {Failures} in a row): the provider is unavailable; tried again {DueAt:u}.")]
    private partial void ProviderUnavailable(SessionId session, string reason, int failures, DateTimeOffset dueAt);

    [LoggerMessage(LogLevel.Warning, "Session {Session} was taken over by another node during a renewal; its result is used.")]
    private partial void LeaseLost(SessionId session);

    [LoggerMessage(LogLevel.Error, "The session store failed during a renewal of session {Session}.")]
    private partial void StoreFailed(SessionId session, Exception error);
}
