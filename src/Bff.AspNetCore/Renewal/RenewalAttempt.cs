using System.Security.Claims;
using Bff.Providers;
using Bff.Providers.Named;
using Bff.Providers.Throttling;
using Bff.Providers.TokenEndpoint;
using Bff.Sessions;
using Bff.Sessions.Store;
using static Bff.Providers.TokenEndpoint.RefreshOutcome;
using static Bff.Renewal.RenewalResult;

namespace Bff.Renewal;

/// <summary>One renewal, from the top down: get a place and the claim, ask the provider, decide what its response means, store what follows.</summary>
internal sealed class RenewalAttempt(
    RenewalAdmission admission, RenewalLeases leases, ProviderSet providers, RenewalPolicy policy, RenewalJudge judge, RenewalWriter writer,
    RenewalLog log, ClaimsEnrichers enrichers, TimeProvider clock)
{
    /// <summary>Renews a session that somebody needs now; when another node or request is at it, waits for what it brings.</summary>
    public async Task<RenewalResult> RunAsync(Session session)
    {
        await Task.Delay(policy.UntilNextMay(session), clock);
        while (true)
        {
            var admitted = await admission.EnterAsync(providers[session.Provider], CallKind.Renewal, session, CancellationToken.None);
            if (admitted.Permit is not { } permit) { return new Unreachable(admitted.RetryAfter); }
            if (await ClaimAsync(session, permit) is { } lease) { return await RunAsync(lease, permit, dueAt: null); }

            // Null: whoever had the lease is gone without a result. Then it is ours to take.
            if (await leases.FollowAsync(session) is { } result) { return result; }
        }
    }

    /// <summary>Renews a claimed session.</summary>
    /// <param name="lease">The claim.</param>
    /// <param name="permit">The place at the token endpoint; given back here.</param>
    /// <param name="dueAt">When the renewal was due; null when somebody asked for it.</param>
    public async Task<RenewalResult> RunAsync(Lease lease, Permit permit, DateTimeOffset? dueAt)
    {
        using var entry = log.Begin(lease.Session, dueAt);
        leases.Hold(lease);
        RenewalDecision decision;
        try
        {
            var outcome = entry.Outcome = await AskAsync(lease.Session, permit);
            decision = await EnrichAsync(lease.Session, judge.Decide(lease.Session, outcome, onDemand: dueAt is null));
        }
        catch
        {
            leases.LetGo(lease);   // or each further claim would go to a renewal that is no more
            throw;
        }

        var other = await writer.WriteAsync(lease, decision);
        entry.Finish(other is null ? decision : null);
        return other ?? decision.ResultAt(clock.GetUtcNow());
    }

    /// <summary>Renews a session with what a silent sign-in has brought; its call for the tokens had a place of its own.</summary>
    public async Task ContinueAsync(SessionId id, string provider, TokenSet brought, ClaimsIdentity user)
    {
        var lease = await leases.ClaimToContinueAsync(id);
        if (lease is null || !await ContinueAsync(lease, brought, user))
        {
            await writer.DiscardAsync(id, provider, user.FindFirst("sub")?.Value, brought);
        }
    }

    private async Task<bool> ContinueAsync(Lease lease, TokenSet brought, ClaimsIdentity user)
    {
        using var entry = log.Begin(lease.Session, dueAt: null, isSilent: true);
        var (session, old) = (lease.Session, lease.Session.Tokens);
        var renewed = new Renewed(brought.CompletedFrom(old), user);
        entry.Outcome = renewed;
        var decision = (RenewalDecision.Keep)await EnrichAsync(session, judge.DecideOnSignIn(session, renewed));
        var isWritten = await writer.TryWriteAsync(lease, decision);
        entry.Finish(isWritten ? decision : null);
        if (isWritten && old is not null && old.RefreshToken != renewed.Tokens.RefreshToken)
        {
            await writer.DiscardAsync(session.Id, session.Provider, session.Subject, old);
        }

        return isWritten;
    }

    private async Task<RenewalDecision> EnrichAsync(Session session, RenewalDecision decision)
    {
        if (decision is not RenewalDecision.Keep keep) { return decision; }
        var claims = await enrichers.AtRenewalAsync(session, keep.Claims);
        return ReferenceEquals(claims, keep.Claims) ? keep : keep with { Claims = claims, Session = keep.Session with { Claims = claims ?? session.Claims } };
    }

    /// <summary>Claims the session, or gives the permit back.</summary>
    private async Task<Lease?> ClaimAsync(Session session, Permit permit)
    {
        Lease? lease = null;
        try
        {
            return lease = await leases.ClaimAsync(session);
        }
        finally
        {
            if (lease is null) { providers[session.Provider].Gate.Leave(permit, CallVerdict.NotMade); }
        }
    }

    /// <summary>The token call and nothing else: its place is free again before the store is written.</summary>
    private async Task<RefreshOutcome> AskAsync(Session session, Permit permit)
    {
        var provider = providers[session.Provider];
        var outcome = session.Tokens is not { } tokens ? new Unreadable()
            : policy.CanRefresh(tokens) ? await RefreshAsync(provider, session, tokens)
            : new RefreshTokenExpired();
        var opened = provider.Gate.Leave(permit, RenewalJudge.VerdictOn(outcome, session, permit), (outcome as Unavailable)?.RetryAfter);
        if (opened) { log.BreakerOpened(provider.Name); }
        return outcome;
    }

    private async Task<RefreshOutcome> RefreshAsync(Provider provider, Session session, TokenSet tokens)
    {
        try
        {
            return await provider.TokenEndpoint.RefreshAsync(tokens, session.Subject, session.ClaimValue(TenantIssuers.Claim));
        }
        catch (Exception error)
        {
            log.Failed(session.Id, error);
            return new Unavailable("internal");
        }
    }
}
