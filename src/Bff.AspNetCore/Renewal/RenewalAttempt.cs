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
    /// <summary>
    /// Gets a token that somebody needs now; when another node or request is at the session, waits for what it brings, and goes on when that is something else:
    /// a session has one lease, whichever of its tokens is asked for.
    /// </summary>
    /// <param name="session">Whose.</param>
    /// <param name="api">Which token; null for that of the sign-in.</param>
    public async Task<RenewalResult> RunAsync(Session session, ApiTarget? api = null)
    {
        await Task.Delay(policy.UntilNextMay(session, api), clock);
        for (var current = session; ;)
        {
            var admitted = await admission.EnterAsync(providers[session.Provider], CallKind.Renewal, current, CancellationToken.None);
            if (admitted.Permit is not { } permit) { return new Unreachable(admitted.RetryAfter); }
            if (await ClaimAsync(current, permit) is { } lease && await TryAsync(lease, permit, api, dueAt: null) is { } renewed) { return renewed; }

            // Null: whoever had the lease is gone without a result. Then it is ours to take.
            var result = await leases.FollowAsync(current);
            if (result is Usable moved && !IsAbout(api, session.Tokens!, moved.Session.Tokens!)) { current = moved.Session; }
            else if (result is not null) { return result; }
        }
    }

    /// <summary>Whether what moved a session was about this token: there is another one, or a newer reason why there is none.</summary>
    private static bool IsAbout(ApiTarget? api, TokenSet seen, TokenSet now) => api is null
        ? (now.ObtainedAt, now.Authorization) != (seen.ObtainedAt, seen.Authorization)
        : now.Find(api) is { } found && !IsSame(found, seen.Find(api));

    private static bool IsSame(ApiToken token, ApiToken? before) => before is not null
        && (token.ObtainedAt, token.Authorization, token.Failures, token.FailedAt)
            == (before.ObtainedAt, before.Authorization, before.Failures, before.FailedAt);

    /// <summary>Renews one token of a session that was claimed because it was due.</summary>
    /// <param name="lease">The claim.</param>
    /// <param name="permit">The place at the token endpoint; given back here.</param>
    /// <param name="api">Which token; null for that of the sign-in.</param>
    /// <param name="dueAt">When the renewal was due.</param>
    public async Task<RenewalResult> RunDueAsync(Lease lease, Permit permit, ApiTarget? api, DateTimeOffset? dueAt) =>
        await TryAsync(lease, permit, api, dueAt) ?? await leases.FollowAsync(lease.Session) ?? new Unreachable(RenewalLeases.StoreAllowance);

    /// <returns>Null when the claim was lost before anybody was asked.</returns>
    private async Task<RenewalResult?> TryAsync(Lease lease, Permit permit, ApiTarget? api, DateTimeOffset? dueAt)
    {
        if (!await IsStillHeldAsync(lease, permit)) { return null; }
        using var entry = log.Begin(lease.Session, dueAt, api: api);
        leases.Hold(lease);
        RenewalDecision decision;
        try
        {
            var outcome = entry.Outcome = await AskAsync(lease.Session, api, permit);
            decision = judge.Decide(lease.Session, outcome, onDemand: dueAt is null, api);
            if (api is null) { decision = await EnrichAsync(lease.Session, decision); }
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

    /// <summary>Tells the store that a token for an API is in use, so that the background goes on to renew it. The provider is not asked.</summary>
    public async Task<RenewalResult> NoteUseAsync(Session session, ApiTarget api)
    {
        if (await leases.ClaimAsync(session) is not { } lease) { return new Usable(session); }   // whoever is at it may tell it the next time
        if (lease.Session.Tokens is not { } tokens) { return new Usable(session); }   // sealed with a key that this node has still to read: it runs out
        var noted = tokens.Find(api) is { } known ? tokens.With(known with { UsedAt = clock.GetUtcNow() }) : tokens;
        await writer.TryWriteAsync(lease, judge.DecideToKeep(lease.Session, noted));   // also without it: the claim ends with the write
        return new Usable(session);
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
            if (lease is null) { GiveBack(session, permit); }
        }
    }

    /// <summary>Looks whether the claim still counts; gives the permit back if not.</summary>
    private async Task<bool> IsStillHeldAsync(Lease lease, Permit permit)
    {
        var isHeld = false;
        try
        {
            return isHeld = await leases.IsStillHeldAsync(lease);
        }
        finally
        {
            if (!isHeld) { GiveBack(lease.Session, permit); }
        }
    }

    private void GiveBack(Session session, Permit permit) => providers[session.Provider].Gate.Leave(permit, CallVerdict.NotMade);

    /// <summary>The token call and nothing else: its place is free again before the store is written.</summary>
    private async Task<RefreshOutcome> AskAsync(Session session, ApiTarget? api, Permit permit)
    {
        var provider = providers[session.Provider];
        var outcome = session.Tokens is not { } tokens ? new Unreadable()
            : CanAsk(tokens, api) ? await AskAsync(provider, session, tokens, api)
            : new RefreshTokenExpired();
        var opened = provider.Gate.Leave(permit, RenewalJudge.VerdictOn(outcome, session, permit), (outcome as Unavailable)?.RetryAfter);
        if (opened) { log.BreakerOpened(provider.Name); }
        return outcome;
    }

    private bool CanAsk(TokenSet tokens, ApiTarget? api) => api is { IsExchanged: true } ? policy.IsAlive(tokens) : policy.CanRefresh(tokens);

    private async Task<RefreshOutcome> AskAsync(Provider provider, Session session, TokenSet tokens, ApiTarget? api)
    {
        try
        {
            return api is { IsExchanged: true }
                ? await provider.TokenEndpoint.ExchangeAsync(tokens, api)
                : await provider.TokenEndpoint.RefreshAsync(tokens, session.Subject, session.ClaimValue(TenantIssuers.Claim), api);
        }
        catch (Exception error)
        {
            log.Failed(session.Id, error);
            return new Unavailable("internal");
        }
    }
}
