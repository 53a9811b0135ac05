using System.Diagnostics;
using Bff.Sessions;
using Bff.Tokens;
using Microsoft.Extensions.Options;

namespace Bff.Renewal;

/// <summary>One claimed renewal from the provider's answer to what the store holds. The answer's meaning is decided here and nowhere else.</summary>
internal sealed partial class RenewalWork(
    ISessionStore store,
    TokenEndpointClient provider,
    TokenCallGate gate,
    RenewalSchedule schedule,
    RenewalMetrics metrics,
    Audit audit,
    IOptionsMonitor<TokenOptions> options,
    TimeProvider clock,
    ILogger<RenewalWork> logger)
{
    /// <summary>Time for the store beyond the token call, so that a lease never ends under a renewal that still runs.</summary>
    public static readonly TimeSpan StoreAllowance = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan MisconfiguredRetry = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan UnreadableRetry = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan FirstStoreRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestStoreRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestLook = TimeSpan.FromMilliseconds(250);

    private static readonly RefreshOutcome Unreadable = new Misconfigured("unreadable_tokens");

    /// <summary>A renewal is cut off from the request that asked for it, so it is a trace of its own.</summary>
    private static readonly ActivitySource Activities = new("Bff.Renewal");

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
            var result = await StoreOutcomeAsync(lease, outcome, clock.GetElapsedTime(started));
            metrics.Finished(Name(outcome), clock.GetElapsedTime(started));
            if (outcome is Renewed && dueAt is { } due) { metrics.Completed(clock.GetUtcNow() - due); }
            return result;
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
            if (lease.Session.Tokens is not { RefreshToken: not null } tokens) { return Unreadable; }
            return outcome = await provider.RefreshAsync(tokens, lease.Session.Subject);
        }
        catch (Exception error)
        {
            Failed(lease.Session.Id, error);
            return outcome = new Unavailable("internal");
        }
        finally
        {
            var verdict = outcome switch { null => CallVerdict.NotMade, Unavailable => CallVerdict.Failed, _ => CallVerdict.Answered };
            if (gate.Leave(permit, verdict, (outcome as Unavailable)?.RetryAfter)) { BreakerOpened(); }
        }
    }

    /// <summary>Somebody else is renewing: never goes on with the old refresh token, but re-reads until the session has moved.</summary>
    /// <returns>Null when the lease ran out and nothing had happened.</returns>
    public async Task<RenewalResult?> FollowAsync(Session seen)
    {
        for (var wait = FirstLook; ; wait = wait * 2 < LongestLook ? wait * 2 : LongestLook)
        {
            var session = await store.FindAsync(seen.Id, CancellationToken.None);
            var now = clock.GetUtcNow();
            if (session is not { Tokens: not null } || session.EndsAt <= now) { return new Ended(); }
            if (session.Version > seen.Version) { return new Usable(session); }
            if (session.Failures > seen.Failures || session.NotBefore > now) { return new Unreachable(session.NotBefore - now); }
            if (session.LeaseUntil <= now) { return null; }
            await Task.Delay(wait, clock);
        }
    }

    private Task<RenewalResult> StoreOutcomeAsync(Lease lease, RefreshOutcome outcome, TimeSpan took) => outcome switch
    {
        Renewed renewed => StoreAsync(lease, renewed.Tokens, took),
        Rejected rejected => EndAsync(lease, rejected),
        { RotatedRefreshToken: { } rotated } => KeepRotatedAsync(lease, rotated, outcome),
        Misconfigured => PostponeAsync(lease, outcome),
        Unavailable down => BackOffAsync(lease, down),
        _ => throw new UnreachableException(),
    };

    private async Task<RenewalResult> StoreAsync(Lease lease, TokenSet tokens, TimeSpan took)
    {
        var dueAt = schedule.DueAt(lease.Session.Id, tokens);
        if (!await CompleteAsync(lease, tokens, dueAt))
        {
            return await LeaseLostAsync(lease, tokens);
        }

        SessionRenewed(lease.Session.Id, (long)took.TotalMilliseconds, tokens.ExpiresAt, dueAt);
        return new Usable(lease.Session with { Tokens = tokens, Version = lease.Session.Version + 1, DueAt = dueAt, Failures = 0, NotBefore = default, LeaseUntil = default });
    }

    /// <summary>The answer was useless but for its refresh token: without that the next try would replay the old one.</summary>
    private async Task<RenewalResult> KeepRotatedAsync(Lease lease, string refreshToken, RefreshOutcome outcome)
    {
        var again = clock.GetUtcNow() + MisconfiguredRetry;
        var tokens = lease.Session.Tokens! with { RefreshToken = refreshToken };
        if (!await CompleteAsync(lease, tokens, again)) { return await LeaseLostAsync(lease, tokens); }
        WeAreMisconfigured(lease.Session.Id, Reason(outcome));
        return new Unreachable(MisconfiguredRetry);
    }

    /// <summary>The session moved on or ended while the provider answered. What an ended one has no use for is not left at the provider.</summary>
    private async Task<RenewalResult> LeaseLostAsync(Lease lease, TokenSet tokens)
    {
        LeaseLost(lease.Session.Id);
        var now = await FollowAsync(lease.Session) ?? new Unreachable(StoreAllowance);
        if (now is Ended) { await RevokeRotatedAsync(lease, tokens.RefreshToken); }
        return now;
    }

    private async Task RevokeRotatedAsync(Lease lease, string? refreshToken)
    {
        if (refreshToken is null || refreshToken == lease.Session.Tokens!.RefreshToken) { return; }
        await store.RevokeLaterAsync(lease.Session.Id, lease.Session.Tokens with { RefreshToken = refreshToken }, ended: true, CancellationToken.None);
    }

    /// <summary>
    /// The provider has rotated, so these tokens exist nowhere else: a store that stumbles is asked again for as long as this process lives.
    /// Others may have taken the session over meanwhile; owner and version then refuse the write.
    /// </summary>
    private async Task<bool> CompleteAsync(Lease lease, TokenSet tokens, DateTimeOffset? dueAt)
    {
        for (var wait = FirstStoreRetry; ; wait = wait * 2 < LongestStoreRetry ? wait * 2 : LongestStoreRetry)
        {
            try
            {
                return await store.CompleteRenewalAsync(lease, tokens, dueAt, CancellationToken.None);
            }
            catch (Exception error)
            {
                Failed(lease.Session.Id, error);
                await Task.Delay(wait, clock);
            }
        }
    }

    private async Task<RenewalResult> EndAsync(Lease lease, Rejected rejected)
    {
        var error = rejected.Error;
        if (!await store.RemoveAsync(lease.Session.Id, lease.Session.Version, EndReasons.SessionEnded, CancellationToken.None))
        {
            // Somebody renewed in between (invalid_grant then means: that refresh token was used up), or the session is gone already.
            return await FollowAsync(lease.Session) ?? new Unreachable(StoreAllowance);
        }

        await RevokeRotatedAsync(lease, rejected.RotatedRefreshToken);
        SessionRejected(lease.Session.Id, error);
        audit.RenewalRejected($"{lease.Session.Id}", error);
        return new Ended();
    }

    private async Task<RenewalResult> PostponeAsync(Lease lease, RefreshOutcome outcome)
    {
        // Tokens that cannot be decrypted will not be by asking again; the right keys come with a restart, and the row then becomes due.
        var again = clock.GetUtcNow() + (outcome == Unreadable ? UnreadableRetry : MisconfiguredRetry);
        await store.ReleaseAsync(lease, again, again, Reason(outcome), CancellationToken.None);
        if (outcome != Unreadable) { WeAreMisconfigured(lease.Session.Id, Reason(outcome)); }
        return new Unreachable(again - clock.GetUtcNow());
    }

    private async Task<RenewalResult> BackOffAsync(Lease lease, Unavailable down)
    {
        var (dueAt, notBefore) = schedule.BackOff(lease.Session.Failures + 1, down.RetryAfter);
        await store.ReleaseAsync(lease, dueAt, notBefore, down.Reason, CancellationToken.None);
        ProviderUnavailable(lease.Session.Id, down.Reason, lease.Session.Failures + 1, dueAt);
        return new Unreachable(notBefore - clock.GetUtcNow());
    }

    private static string Reason(RefreshOutcome outcome) => outcome switch
    {
        Misconfigured wrong => wrong.Error,
        Unavailable down => down.Reason,
        _ => Name(outcome),
    };

    private static string Name(RefreshOutcome outcome) => outcome switch
    {
        Renewed => "renewed",
        Rejected => "rejected",
        Misconfigured when outcome == Unreadable => "unreadable",
        Misconfigured => "misconfigured",
        _ => "unavailable",
    };

    [LoggerMessage(LogLevel.Information, "Session {Session} renewed in {Took} ms: the access token expires {ExpiresAt:u}, the next renewal is due {DueAt:u}.")]
    private partial void SessionRenewed(SessionId session, long took, DateTimeOffset expiresAt, DateTimeOffset? dueAt);

    [LoggerMessage(LogLevel.Warning, "Session {Session} ended: the provider answered {Error} to a renewal.")]
    private partial void SessionRejected(SessionId session, string error);

    [LoggerMessage(LogLevel.Error, "The provider refuses this client ({Error}) for session {Session}: check Bff:Oidc and the client's registration. No session is ended; tried again in a minute.")]
    private partial void WeAreMisconfigured(SessionId session, string error);

    [LoggerMessage(LogLevel.Warning, "Session {Session} could not be renewed ({Reason}, {Failures} in a row): the provider is unavailable; tried again {DueAt:u}.")]
    private partial void ProviderUnavailable(SessionId session, string reason, int failures, DateTimeOffset dueAt);

    [LoggerMessage(LogLevel.Warning, "Session {Session} moved on or ended while it was renewed; what the store has now is used.")]
    private partial void LeaseLost(SessionId session);

    [LoggerMessage(LogLevel.Error, "A renewal of session {Session} failed on our side.")]
    private partial void Failed(SessionId session, Exception error);

    [LoggerMessage(LogLevel.Error, "The provider is unavailable; renewals pause, and one at a time finds out when it is back.")]
    private partial void BreakerOpened();
}
