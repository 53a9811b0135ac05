using System.Collections.Concurrent;
using System.Diagnostics;
using Bff.Providers;
using Bff.Providers.Throttling;
using Bff.Providers.TokenEndpoint;
using Bff.Sessions;
using Bff.Sessions.Store;
using Microsoft.Extensions.Options;
using static Bff.Providers.TokenEndpoint.RefreshOutcome;
using static Bff.Renewal.RenewalResult;

namespace Bff.Renewal;

/// <summary>One claimed renewal from the provider's answer to what the store holds. The answer's meaning is decided here and nowhere else.</summary>
internal sealed partial class RenewalAttempt(
    ISessionStore store,
    IRenewalQueue queue,
    TokenEndpointClient provider,
    TokenCallGate gate,
    RenewalPolicy schedule,
    RenewalMetrics metrics,
    StoreHealth health,
    SessionCache copies,
    Audit audit,
    IOptionsMonitor<TokenOptions> options,
    IOptionsMonitor<RenewalOptions> renewal,
    TimeProvider clock,
    ILogger<RenewalAttempt> logger)
{
    /// <summary>Time for the store beyond the token call, so that a lease never ends under a renewal that still runs.</summary>
    public static readonly TimeSpan StoreAllowance = TimeSpan.FromSeconds(5);

    /// <summary>After a refusal that the next request will not change: somebody has to act first.</summary>
    private static readonly TimeSpan RefusedRetry = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstUnreadableRetry = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MaxUnreadableRetry = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan FirstStoreRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestStoreRetry = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<SessionId, Lease> _unstored = new();
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestLook = TimeSpan.FromMilliseconds(250);

    private static readonly RefreshOutcome Unreadable = new Misconfigured("unreadable_tokens");

    /// <summary>
    /// A session that fails again and again counts for the circuit breaker so many times: fewer than open it, so that one session whose refreshes always fail
    /// closes the provider to nobody else.
    /// </summary>
    private const int MaxCountedFailures = 4;

    /// <summary>A renewal is cut off from the request that asked for it, so it is a trace of its own.</summary>
    private static readonly ActivitySource Activities = new("Bff.Renewal");

    /// <summary>This process has new tokens for the session that the store has not taken yet: the new claim is theirs. To renew again would use a refresh token twice.</summary>
    public bool Adopts(Lease lease) => _unstored.TryGetValue(lease.Session.Id, out var held) && _unstored.TryUpdate(lease.Session.Id, lease, held);

    public DateTimeOffset LeaseEnd(DateTimeOffset now) => now + options.CurrentValue.TokenTimeout + StoreAllowance;

    /// <summary>Calls the provider for a claimed session and stores what follows.</summary>
    /// <param name="lease">The claim.</param>
    /// <param name="permit">The place at the token endpoint; given back here.</param>
    /// <param name="dueAt">When the renewal was due; null when somebody asked for it.</param>
    public async Task<RenewalResult> RunAsync(Lease lease, Permit permit, DateTimeOffset? dueAt)
    {
        using var activity = Activities.StartActivity(dueAt is null ? "renewal on demand" : "renewal in the background")?.SetTag("bff.session", $"{lease.Session.Id}");
        var started = clock.GetTimestamp();
        var outcome = await CallAsync(lease, permit);
        activity?.SetTag("bff.outcome", Name(outcome)).SetStatus(outcome is Renewed ? ActivityStatusCode.Ok : ActivityStatusCode.Error);
        try
        {
            var result = await StoreOutcomeAsync(lease, outcome, clock.GetElapsedTime(started), onDemand: dueAt is null);
            metrics.Finished(Name(outcome), clock.GetElapsedTime(started));
            if (outcome is Renewed && dueAt is { } due) { metrics.Completed(clock.GetUtcNow() - due); }
            return result;
        }
        catch (SessionStoreException)
        {
            metrics.Finished("failed", clock.GetElapsedTime(started));
            return new StoreUnavailable();
        }
        catch (Exception error)
        {
            // Whatever it was, the lease runs out by itself and the session becomes due again.
            Failed(lease.Session.Id, error);
            metrics.Finished("failed", clock.GetElapsedTime(started));
            return new Unreachable(StoreAllowance);
        }
    }

    /// <summary>The token call and nothing else: its place is free again before the store is written.</summary>
    private async Task<RefreshOutcome> CallAsync(Lease lease, Permit permit)
    {
        RefreshOutcome? outcome = null;
        try
        {
            if (lease.Session.Tokens is not { } tokens) { return Unreadable; }
            if (!schedule.CanRefresh(tokens)) { return new RefreshTokenExpired(); }
            return outcome = await provider.RefreshAsync(tokens, lease.Session.Subject);
        }
        catch (Exception error)
        {
            Failed(lease.Session.Id, error);
            return outcome = new Unavailable("internal");
        }
        finally
        {
            if (gate.Leave(permit, VerdictOn(outcome, lease.Session, permit), (outcome as Unavailable)?.RetryAfter)) { BreakerOpened(); }
        }
    }

    private static CallVerdict VerdictOn(RefreshOutcome? outcome, Session session, Permit permit) => outcome switch
    {
        null => CallVerdict.NotMade,
        Unavailable { IsResponse: false } => permit.Probe || session.Failures < MaxCountedFailures ? CallVerdict.Failed : CallVerdict.NotMade,
        _ => CallVerdict.Answered,
    };

    /// <summary>Somebody else is renewing: never goes on with the old refresh token, but re-reads until the session has moved.</summary>
    /// <param name="seen">The session as it was.</param>
    /// <param name="held">
    /// The claim that was lost, by who has new tokens. A failure of another node then says nothing: it asked with the refresh token of before.
    /// </param>
    /// <returns>Null when the lease ran out and nothing had happened, or this process has claimed the session again.</returns>
    public async Task<RenewalResult?> FollowAsync(Session seen, Lease? held = null)
    {
        for (var wait = FirstLook; ; wait = wait * 2 < LongestLook ? wait * 2 : LongestLook)
        {
            var session = await store.FindAsync(seen.Id, CancellationToken.None);
            var now = clock.GetUtcNow();
            if (session is null) { return new Ended(); }
            if (session.EndsAt <= now) { return new Ended(EndReasons.TimeoutOf(session)); }
            if (session.Tokens is null) { return new Unreachable(StoreAllowance); }   // for now: another node sealed them with a key this one has still to read
            var moved = session.Version > seen.Version;
            if (moved && (session.Failures == 0 || session.Tokens.AccessToken != seen.Tokens?.AccessToken)) { return new Usable(session); }

            // A failure that kept a rotated refresh token makes a new version, too.
            var failed = session.Failures > seen.Failures || session.NotBefore > now;
            if (moved || (failed && held is null)) { return RenewalResult.OfFailure(session, now); }
            if (session.LeaseUntil <= now || IsClaimedAnew(seen.Id, held)) { return null; }
            await Task.Delay(wait, clock);
        }
    }

    private bool IsClaimedAnew(SessionId id, Lease? held) => held is not null && _unstored.TryGetValue(id, out var current) && current != held;

    private Task<RenewalResult> StoreOutcomeAsync(Lease lease, RefreshOutcome outcome, TimeSpan took, bool onDemand) => outcome switch
    {
        Renewed renewed => StoreAsync(lease, renewed, took),
        Rejected rejected => EndAsync(lease, rejected.Error, outcome),
        Refused refused when IsOverdue(lease.Session) && WasOverdue(lease.Session) => EndAsync(lease, refused.Error, outcome),
        RefreshTokenExpired => ForgetRefreshTokenAsync(lease),
        _ => PostponeAsync(lease, outcome, onDemand),
    };

    /// <summary>The access token cannot be sent any more, so the next refusal is a user's.</summary>
    private bool IsOverdue(Session session) => !schedule.IsAlive(session.Tokens!);

    private static bool WasOverdue(Session session) => session.LastFailure?.Kind == RenewalFailureKind.SignInOverdue;

    private async Task<RenewalResult> StoreAsync(Lease lease, Renewed renewed, TimeSpan took)
    {
        var (session, tokens) = (lease.Session, renewed.Tokens);
        var dueAt = schedule.DueAt(session.Id, tokens, session.Tokens);
        var claims = renewal.CurrentValue.UpdateClaims && renewed.User is { } user ? RenewedClaims.Of(session, user) : null;
        Task<bool> KeepAsync(Lease current) => queue.CompleteRenewalAsync(current, tokens, dueAt, claims, CancellationToken.None);
        if (await KeepTokensAsync(lease, tokens.RefreshToken, KeepAsync) is { } other) { return other; }

        SessionRenewed(session.Id, (long)took.TotalMilliseconds, tokens.ExpiresAt, dueAt);
        return new Usable(session with
        {
            Tokens = tokens,
            Claims = claims ?? session.Claims,
            Version = session.Version + 1,
            DueAt = dueAt,
            Failures = 0,
            FailingSince = null,
            NotBefore = default,
            LeaseUntil = default,
        });
    }

    /// <summary>Writes what came, also when the lease was lost to a node that died with it: the next claim would replay the refresh token that is used up.</summary>
    /// <returns>Null when it was written; else what became of the session.</returns>
    private async Task<RenewalResult?> KeepTokensAsync(Lease lease, string? refreshToken, Func<Lease, Task<bool>> write)
    {
        var id = lease.Session.Id;
        _unstored[id] = lease;
        try
        {
            while (true)
            {
                var current = _unstored[id];
                if (await InsistAsync(id, () => write(_unstored[id]))) { return null; }
                if (_unstored[id] != current) { continue; }   // the claim of before ran out, and the next one was ours, too
                if (await LoseAsync(lease, refreshToken, current) is { } other) { return other; }
                if (_unstored[id] != current) { continue; }
                if (await InsistAsync(id, () => ClaimToReplaceAsync(lease.Session)) is { } claimed) { _unstored[id] = claimed; }
            }
        }
        finally
        {
            _unstored.TryRemove(id, out _);
        }
    }

    private Task<Lease?> ClaimToReplaceAsync(Session session)
    {
        var now = clock.GetUtcNow();
        return queue.ClaimToReplaceAsync(session.Id, session.Version, now, Guid.NewGuid().ToString("N"), LeaseEnd(now), CancellationToken.None);
    }

    /// <summary>Another node took the session over, or it ended: then a refresh token that came for it is nobody's and must not live on.</summary>
    /// <returns>Null when the other node let its lease run out.</returns>
    private async Task<RenewalResult?> LoseAsync(Lease lease, string? refreshToken, Lease? held = null)
    {
        LeaseLost(lease.Session.Id);
        var now = await InsistAsync(lease.Session.Id, () => FollowAsync(lease.Session, held));
        if (now is Ended) { await RevokeRotatedAsync(lease, lease.Session.Subject, refreshToken); }
        return now;
    }

    /// <param name="lease">The claim.</param>
    /// <param name="subject">Whose other sessions it waits for; null for none.</param>
    /// <param name="refreshToken">What came.</param>
    private async Task RevokeRotatedAsync(Lease lease, string? subject, string? refreshToken)
    {
        if (refreshToken is null || refreshToken == lease.Session.Tokens!.RefreshToken) { return; }
        var tokens = lease.Session.Tokens with { RefreshToken = refreshToken };
        await InsistAsync(lease.Session.Id, async () =>
        {
            await store.RevokeLaterAsync(lease.Session.Id, subject, tokens, ended: true, CancellationToken.None);
            return true;
        });
    }

    /// <summary>Past the refresh token's end nobody is asked: from here on this is a session without one.</summary>
    private async Task<RenewalResult> ForgetRefreshTokenAsync(Lease lease)
    {
        var tokens = lease.Session.Tokens! with { RefreshToken = null, RefreshTokenExpiresAt = null };
        await queue.CompleteRenewalAsync(lease, tokens, dueAt: null, claims: null, CancellationToken.None);
        RefreshTokenEnded(lease.Session.Id, tokens.ExpiresAt);
        return new NotRenewable();
    }

    /// <summary>
    /// The provider has rotated, so these tokens exist nowhere else: a store that stumbles is asked again for as long as this process lives.
    /// Others may have taken the session over meanwhile; owner and version then refuse the write.
    /// </summary>
    private async Task<T> InsistAsync<T>(SessionId session, Func<Task<T>> write)
    {
        for (var wait = FirstStoreRetry; ; wait = wait * 2 < LongestStoreRetry ? wait * 2 : LongestStoreRetry)
        {
            try
            {
                return await write();
            }
            catch (SessionStoreException away)
            {
                await health.WhenBack;
                await Task.Delay(away.IsRefusal || away.IsDamage ? wait : FirstStoreRetry, clock);
            }
            catch (Exception error)
            {
                Failed(session, error);
                await Task.Delay(wait, clock);
            }
        }
    }

    private async Task<RenewalResult> EndAsync(Lease lease, string error, RefreshOutcome outcome)
    {
        var session = lease.Session;
        copies.Forget(session.Id);   // the store may be away, and copies would serve on
        if (!await InsistAsync(session.Id, () => queue.RemoveAsync(lease, EndReasons.SessionEnded, CancellationToken.None)))
        {
            // Somebody renews or renewed in between (invalid_grant then means: that refresh token was used up), or the session is gone already.
            return await LoseAsync(lease, outcome.RotatedRefreshToken) ?? new Unreachable(StoreAllowance);
        }

        await RevokeRotatedAsync(lease, subject: null, outcome.RotatedRefreshToken);
        SessionRejected(session.Id, error);
        audit.RenewalRejected($"{session.Id}", error);
        return new Ended();
    }

    /// <summary>
    /// No new access token. The failure and the earliest next try are stored in the same statement as a refresh token that came all the same: no response
    /// leaves a session due at once.
    /// </summary>
    private async Task<RenewalResult> PostponeAsync(Lease lease, RefreshOutcome outcome, bool onDemand)
    {
        var session = lease.Session;
        var (dueAt, notBefore) = NextTry(session, outcome, onDemand);
        var failure = FailureOf(session, outcome);
        if (outcome.RotatedRefreshToken is { } rotated)
        {
            // Without it the next try would replay the old one.
            var tokens = session.Tokens! with { RefreshToken = rotated, RefreshTokenExpiresAt = outcome.RotatedRefreshTokenExpiresAt };
            Task<bool> KeepAsync(Lease current) => queue.ReleaseRotatedAsync(current, tokens, dueAt, notBefore, $"{failure}", CancellationToken.None);
            if (await KeepTokensAsync(lease, rotated, KeepAsync) is { } other) { return other; }
        }
        else
        {
            await queue.ReleaseAsync(lease, dueAt, notBefore, $"{failure}", CancellationToken.None);
        }

        if (failure.Kind == RenewalFailureKind.ProviderUnavailable) { ProviderUnavailable(session.Id, failure.Word, session.Failures + 1, dueAt); }
        else if (failure.NeedsSignIn) { SignInIsNeeded(session.Id, failure.Word, dueAt); }
        else if (outcome != Unreadable) { WeAreMisconfigured(session.Id, failure.Word, dueAt); }
        return RenewalResult.OfFailure(failure, notBefore - clock.GetUtcNow());
    }

    private (DateTimeOffset DueAt, DateTimeOffset NotBefore) NextTry(Session session, RefreshOutcome outcome, bool onDemand)
    {
        switch (outcome)
        {
            case Unavailable down:
                return schedule.BackOff(session, down.RetryAfter, onDemand);
            case Misconfigured { MayPass: true }:
                return schedule.BackOff(session, asked: null, onDemand);
            default:
                var again = clock.GetUtcNow() + (outcome == Unreadable ? UnreadableRetry(session.Failures) : RefusedRetry);
                return (again, again);
        }
    }

    /// <summary>Another node's new key is read within seconds; tokens that cannot be decrypted by then wait for the right keys, which come with a restart.</summary>
    private static TimeSpan UnreadableRetry(int failures) => RenewalPolicy.Doubled(FirstUnreadableRetry, failures, MaxUnreadableRetry);

    private RenewalFailure FailureOf(Session session, RefreshOutcome outcome) => outcome switch
    {
        Unavailable down => new(RenewalFailureKind.ProviderUnavailable, down.Reason),
        Misconfigured wrong => new(RenewalFailureKind.ClientRefused, wrong.Error),
        Refused refused => new(IsOverdue(session) ? RenewalFailureKind.SignInOverdue : RenewalFailureKind.SignInNeeded, refused.Error),
        _ => throw new UnreachableException(),
    };

    private static string Name(RefreshOutcome outcome) => outcome switch
    {
        Renewed => "renewed",
        Rejected => "rejected",
        Refused => "refused",
        RefreshTokenExpired => "refresh_token_expired",
        Misconfigured when outcome == Unreadable => "unreadable",
        Misconfigured => "misconfigured",
        _ => "unavailable",
    };

    [LoggerMessage(LogLevel.Information, "Session {Session} renewed in {Took} ms: the access token expires {ExpiresAt:u}, the next renewal is due {DueAt:u}.")]
    private partial void SessionRenewed(SessionId session, long took, DateTimeOffset expiresAt, DateTimeOffset? dueAt);

    [LoggerMessage(LogLevel.Warning, "Session {Session} ended: the provider answered {Error} to a renewal.")]
    private partial void SessionRejected(SessionId session, string error);

    [LoggerMessage(LogLevel.Error, "The provider refuses this client, or sends what may not be used ({Error}), for session {Session}: check Bff:Oidc "
        + "and the client's registration. No session is ended; tried again {DueAt:u}.")]
    private partial void WeAreMisconfigured(SessionId session, string error, DateTimeOffset dueAt);

    [LoggerMessage(LogLevel.Warning, "The provider does not renew session {Session} without its user ({Error}): its access token serves to its end; "
        + "tried again {DueAt:u}.")]
    private partial void SignInIsNeeded(SessionId session, string error, DateTimeOffset dueAt);

    [LoggerMessage(LogLevel.Information, "The refresh token of session {Session} has reached its end: the session goes on without one; "
        + "its access token expires {ExpiresAt:u}.")]
    private partial void RefreshTokenEnded(SessionId session, DateTimeOffset expiresAt);

    [LoggerMessage(LogLevel.Warning, "Session {Session} could not be renewed ({Reason}, {Failures} in a row): the provider is unavailable; tried again {DueAt:u}.")]
    private partial void ProviderUnavailable(SessionId session, string reason, int failures, DateTimeOffset dueAt);

    [LoggerMessage(LogLevel.Warning, "Session {Session} moved on or ended while it was renewed; what the store has now is used.")]
    private partial void LeaseLost(SessionId session);

    [LoggerMessage(LogLevel.Error, "A renewal of session {Session} failed on our side.")]
    private partial void Failed(SessionId session, Exception error);

    [LoggerMessage(LogLevel.Error, "The provider is unavailable; renewals pause, and one at a time finds out when it is back.")]
    private partial void BreakerOpened();
}
