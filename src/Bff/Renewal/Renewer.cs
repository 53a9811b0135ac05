using System.Collections.Concurrent;
using Bff.Providers;
using Bff.Providers.Throttling;
using Bff.Sessions;
using Bff.Sessions.Store;
using Microsoft.Extensions.Options;
using static Bff.Renewal.RenewalResult;

namespace Bff.Renewal;

/// <summary>
/// Renews sessions: those that are due, and one by one those that somebody needs now. Each renewal is claimed in the store first, so it happens once however many
/// nodes run; it belongs to the session, so nobody who stops waiting for it can stop it; its tokens are stored before anyone uses them.
/// </summary>
internal sealed partial class Renewer(
    ISessionStore store,
    IRenewalQueue queue,
    RenewalAttempt work,
    TokenCallGate gate,
    RenewalPolicy schedule,
    RenewalMetrics metrics,
    StoreHealth health,
    IOptionsMonitor<TokenOptions> options,
    IOptionsMonitor<SessionsOptions> sessions,
    TimeProvider clock,
    ILogger<Renewer> logger)
{
    /// <summary>A call whose token is old but will outlive this wait waits so long for a newer one, then goes with what it has.</summary>
    private static readonly TimeSpan PatienceWhileAlive = TimeSpan.FromSeconds(2);

    /// <summary>
    /// After the store was away: whoever holds new tokens that it could not take stores them first. A lease may have run out meanwhile, and to renew that session
    /// again would use its refresh token twice. Another node may learn that the store is back only after a probe that it lets run into its time limit.
    /// </summary>
    private TimeSpan HeadStart => sessions.CurrentValue.StoreTimeout + TimeSpan.FromSeconds(2);

    /// <summary>Due sessions claimed by one statement, at most.</summary>
    private const int LargestBatch = 64;

    private readonly ConcurrentDictionary<SessionId, Lazy<Task<RenewalResult>>> _flights = new();
    private readonly ConcurrentDictionary<Task, bool> _running = new();

    /// <summary>A session whose token can be sent: this one while it is fresh, else renewed, else (while it lives) this one after all.</summary>
    public async ValueTask<RenewalResult> GetUsableAsync(Session session, CancellationToken cancel)
    {
        var result = await GetNewerAsync(session, cancel);
        if (result is not Usable { Session: var newer } || schedule.IsAlive(newer.Tokens!)) { return result; }

        // What was waited for has grown old meanwhile: a flight that followed another renewal stood still with this process, or the provider's tokens are born old.
        return await GetNewerAsync(newer, cancel) is var last && last is Usable { Session.Tokens: { } tokens } && !schedule.IsAlive(tokens) ? new Unreachable(RenewalAttempt.StoreAllowance) : last;
    }

    private async ValueTask<RenewalResult> GetNewerAsync(Session session, CancellationToken cancel)
    {
        if (schedule.IsFresh(session.Tokens!)) { return new Usable(session); }
        var result = schedule.CanRefresh(session.Tokens!) ? await RenewNowAsync(session, PatienceFor(session.Tokens!), cancel) : new NotRenewable();
        return result is not (Usable or Ended) && schedule.IsAlive(session.Tokens!) ? new Usable(session) : result;
    }

    /// <summary>Who has nothing to go with after a short wait waits for the new token.</summary>
    private TimeSpan PatienceFor(TokenSet tokens) => schedule.AliveFor(tokens) > PatienceWhileAlive ? PatienceWhileAlive : options.CurrentValue.TokenTimeout;

    /// <summary>Renews although nothing is due, but not what was renewed a moment ago: a page that asks in a loop costs the provider nothing.</summary>
    public Task<RenewalResult> RenewNowAsync(Session session, CancellationToken cancel)
    {
        if (!schedule.CanRefresh(session.Tokens!)) { return Task.FromResult<RenewalResult>(new NotRenewable()); }
        return session.Version > 1 && schedule.IsBrandNew(session.Tokens!)
            ? Task.FromResult<RenewalResult>(new Usable(session))
            : RenewNowAsync(session, options.CurrentValue.TokenTimeout, cancel);
    }

    /// <summary>Claims due sessions, as many as may run, and starts them.</summary>
    /// <returns>How many were due; when it is 0 there is nothing to do until the next due time.</returns>
    public async Task<int> StartDueAsync(CancellationToken cancel)
    {
        var permits = new Queue<Permit>();
        permits.Enqueue(await EnterAsync(cancel));
        foreach (var permit in gate.TakeMore(LargestBatch - 1)) { permits.Enqueue(permit); }
        try
        {
            var now = clock.GetUtcNow();
            var leases = await queue.ClaimDueAsync(now, NewOwner(), work.LeaseEnd(now), permits.Count, cancel);
            foreach (var lease in leases.Where(lease => !work.Adopts(lease))) { StartInBackground(lease, permits.Dequeue()); }
            return leases.Count;
        }
        finally
        {
            foreach (var unused in permits) { gate.Leave(unused, CallVerdict.NotMade); }
        }
    }

    /// <summary>The wait for a place lasts as long as an outage of the provider: the store may have gone and come back meanwhile.</summary>
    private async Task<Permit> EnterAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await health.WhenBack.WaitAsync(cancellationToken);
            if (LeftOfHeadStart() is var left && left > TimeSpan.Zero) { await Task.Delay(left, clock, cancellationToken); }
            var permit = (await gate.EnterAsync(CallKind.BackgroundRenewal, cancellationToken)).Permit!;
            if (!health.IsAway && LeftOfHeadStart() == TimeSpan.Zero) { return permit; }
            gate.Leave(permit, CallVerdict.NotMade);
        }
    }

    private TimeSpan LeftOfHeadStart() =>
        health.BackAt is { } back && back + HeadStart - clock.GetUtcNow() is var left && left > TimeSpan.Zero && left <= HeadStart ? left : TimeSpan.Zero;

    /// <summary>Only a session that somebody had claimed may have new tokens under way; who needs another one need not wait.</summary>
    /// <returns>Which return of the store this was about; null when it was never away.</returns>
    private async Task<DateTimeOffset?> GiveHeadStartAsync(Session session)
    {
        await health.WhenBack;
        var back = health.BackAt;
        if (LeftOfHeadStart() is var left && left == TimeSpan.Zero) { return back; }
        if (await store.FindAsync(session.Id, CancellationToken.None) is { } now && now.LeaseUntil > DateTimeOffset.UnixEpoch) { await Task.Delay(left, clock); }
        return back;
    }

    /// <summary>Waits for every renewal under way, as long as a lease lasts: a rotated token that is not stored is a session lost.</summary>
    public async Task DrainAsync()
    {
        var limit = work.LeaseEnd(clock.GetUtcNow()) - clock.GetUtcNow();
        await Task.WhenAny(Task.WhenAll(_running.Keys), Task.Delay(limit, clock));
        if (!_running.IsEmpty) { NotDrained(_running.Count); }
    }

    private async Task<RenewalResult> RenewNowAsync(Session session, TimeSpan patience, CancellationToken cancel)
    {
        if (session.Failures > 0 && session.NotBefore > clock.GetUtcNow()) { return RenewalResult.OfFailure(session, clock.GetUtcNow()); }
        if (health.IsAway) { return new StoreUnavailable(); }
        var mine = new Lazy<Task<RenewalResult>>(() => Detached(() => FlyAsync(session)));
        var flight = _flights.GetOrAdd(session.Id, mine);
        if (flight != mine) { metrics.Coalesced(); }
        try
        {
            // While the store is away nobody waits for what cannot be stored.
            var away = health.WhenAway;
            var first = await Task.WhenAny(flight.Value, away).WaitAsync(patience, clock, cancel);
            return first == away && !flight.Value.IsCompleted ? new StoreUnavailable() : await flight.Value;
        }
        catch (TimeoutException)
        {
            return health.IsAway ? new StoreUnavailable() : new Unreachable(RenewalAttempt.StoreAllowance);
        }
    }

    private void StartInBackground(Lease lease, Permit permit)
    {
        var id = lease.Session.Id;
        Lazy<Task<RenewalResult>>? flight = null;
        flight = new(() => Detached(async () =>
        {
            try
            {
                return await work.RunAsync(lease, permit, lease.Session.Tokens is { } tokens ? schedule.DueAt(id, tokens) : null);
            }
            finally
            {
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
            if (schedule.UntilNextMay(session) is var wait && wait > TimeSpan.Zero) { await Task.Delay(wait, clock); }
            while (true)
            {
                var back = await GiveHeadStartAsync(session);
                var admission = await gate.EnterAsync(CallKind.Renewal, CancellationToken.None);
                if (admission.Permit is not { } permit) { return new Unreachable(admission.RetryAfter); }
                if (health.IsAway || health.BackAt != back)
                {
                    gate.Leave(permit, CallVerdict.NotMade);
                    continue;
                }

                if (await ClaimAsync(session, permit) is { } lease) { return await work.RunAsync(lease, permit, dueAt: null); }

                // Null: whoever had the lease is gone without an answer. Then it is ours to take.
                if (await work.FollowAsync(session) is { } result) { return result; }
            }
        }
        catch (SessionStoreException)
        {
            return new StoreUnavailable();
        }
        catch (Exception error)
        {
            Failed(session.Id, error);
            return new Unreachable(RenewalAttempt.StoreAllowance);
        }
        finally
        {
            _flights.TryRemove(session.Id, out _);
        }
    }

    /// <summary>Claims the session, or gives the permit back.</summary>
    private async Task<Lease?> ClaimAsync(Session session, Permit permit)
    {
        Lease? lease = null;
        try
        {
            var now = clock.GetUtcNow();
            lease = await queue.ClaimAsync(session.Id, session.Version, now, NewOwner(), work.LeaseEnd(now), CancellationToken.None);
            if (lease is not null && work.Adopts(lease)) { lease = null; }
            return lease;
        }
        finally
        {
            if (lease is null) { gate.Leave(permit, CallVerdict.NotMade); }
        }
    }

    private static string NewOwner() => Guid.NewGuid().ToString("N");

    /// <summary>Runs apart from the caller: neither its cancellation nor its request's ambient state reaches a renewal.</summary>
    private Task<RenewalResult> Detached(Func<Task<RenewalResult>> flight)
    {
        using (ExecutionContext.SuppressFlow())
        {
            var task = Task.Run(flight);
            _running.TryAdd(task, true);
            task.ContinueWith(done => _running.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return task;
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Count} renewals did not end before the shutdown; their leases run out by themselves.")]
    private partial void NotDrained(int count);

    [LoggerMessage(LogLevel.Error, "A renewal of session {Session} failed on our side.")]
    private partial void Failed(SessionId session, Exception error);
}
