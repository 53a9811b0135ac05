using System.Security.Claims;
using Bff.Providers;
using Bff.Providers.Named;
using Bff.Sessions;
using Bff.Sessions.Store;
using Microsoft.Extensions.Options;
using static Bff.Renewal.RenewalResult;

namespace Bff.Renewal;

/// <summary>
/// The engine's front door. A call that needs a token walks down from here: <see cref="RenewalPolicy"/> says whether the one it has will do; else it waits in
/// <see cref="RenewalFlights"/> for one <see cref="RenewalAttempt"/>. What is due in the background comes from <see cref="RenewalScheduler"/>.
/// </summary>
internal sealed class Renewer(
    RenewalPolicy policy, RenewalFlights flights, RenewalAttempt attempt, ProviderSet providers, StoreHealth health, IOptionsMonitor<TokenOptions> options,
    TimeProvider clock)
{
    /// <summary>A call whose token is old but will outlive this wait waits this long for a newer one, then goes with what it has.</summary>
    private static readonly TimeSpan MaxWaitWhileAlive = TimeSpan.FromSeconds(2);

    /// <summary>A session whose token can be sent: this one while it is fresh, else renewed, else (while it lives) this one after all.</summary>
    public async ValueTask<RenewalResult> GetUsableAsync(Session session, CancellationToken cancellationToken)
    {
        var result = await GetNewerAsync(session, cancellationToken);
        if (!IsExpired(result)) { return result; }

        // It has expired while it was waited for: this process stood still, or the provider's tokens are already stale when issued.
        result = await GetNewerAsync(((Usable)result).Session, cancellationToken);
        return IsExpired(result) ? new Unreachable(RenewalLeases.StoreAllowance) : result;
    }

    /// <summary>A session with a token for this API that can be sent: the one it has while it is fresh, else another one; the first, if it has none yet.</summary>
    /// <returns><see cref="UsableApi"/>, or why there is none.</returns>
    public ValueTask<RenewalResult> GetUsableAsync(Session session, ApiTarget api, CancellationToken cancellationToken)
    {
        var target = TargetOf(session, api);
        if (session.Tokens!.Find(target) is not { } known || !policy.IsFresh(known)) { return GetNewerAsync(session, target, cancellationToken); }
        if (policy.IsToBeNoted(known) && session.Failures == 0 && !health.IsAway)
        {
            flights.Join(new(session.Id, target, IsNote: true), () => attempt.NoteUseAsync(session, target));   // nobody waits for it
        }

        return new(new UsableApi(session, known));
    }

    /// <summary>Another token in the place of one that an API has refused, although it should be good.</summary>
    /// <param name="session">As it was for the call.</param>
    /// <param name="api">Which token; null for that of the sign-in.</param>
    /// <param name="cancellationToken">The caller is gone.</param>
    /// <returns>Null when there is to be none: the provider was asked a moment ago, or cannot be asked.</returns>
    public async Task<RenewalResult?> ReplaceAsync(Session session, ApiTarget? api, CancellationToken cancellationToken)
    {
        var target = api is null ? null : TargetOf(session, api);
        if (!policy.MayReplace(session, target)) { return null; }
        if (target is { IsExchanged: true })
        {
            // The user's own may be what has ended, and what comes of it would be refused, too.
            var own = policy.CanRefresh(session.Tokens!) && policy.MayReplace(session, api: null)
                ? await RenewAsync(session, null, options.CurrentValue.TokenTimeout, cancellationToken) : new Usable(session);
            return own is Usable renewed ? await GetNewerAsync(renewed.Session, target, cancellationToken) : own;
        }

        if (!policy.CanRefresh(session.Tokens!)) { return null; }
        var timeout = options.CurrentValue.TokenTimeout;
        return await (target is null ? RenewAsync(session, api: null, timeout, cancellationToken) : RenewApiAsync(session, target, timeout, cancellationToken));
    }

    /// <summary>Renews although nothing is due, but not what was renewed a moment ago: a page that asks in a loop costs the provider nothing.</summary>
    public async Task<RenewalResult> RenewNowAsync(Session session, CancellationToken cancellationToken)
    {
        if (!policy.CanRefresh(session.Tokens!)) { return new NotRenewable(); }
        var isRepeated = session.Version > 1 && policy.IsBrandNew(session.Tokens!);
        return isRepeated ? new Usable(session) : await RenewAsync(session, api: null, options.CurrentValue.TokenTimeout, cancellationToken);
    }

    /// <summary>Renews a session without a refresh token (or with one) by what a silent sign-in has brought.</summary>
    /// <exception cref="SessionStoreException">The store cannot take it now.</exception>
    public Task ContinueAsync(SessionId id, string provider, TokenSet tokens, ClaimsIdentity user) =>
        attempt.ContinueAsync(id, provider, tokens, user);

    private async ValueTask<RenewalResult> GetNewerAsync(Session session, CancellationToken cancellationToken)
    {
        var tokens = session.Tokens!;
        if (policy.IsFresh(tokens)) { return new Usable(session); }
        var timeout = policy.AliveFor(tokens) > MaxWaitWhileAlive ? MaxWaitWhileAlive : options.CurrentValue.TokenTimeout;
        var result = policy.CanRefresh(tokens) ? await RenewAsync(session, api: null, timeout, cancellationToken) : new NotRenewable();
        return result is not (Usable or Ended) && policy.IsAlive(tokens) ? new Usable(session) : result;
    }

    private ApiTarget TargetOf(Session session, ApiTarget api) =>
        providers[session.Provider].Options.ApiTokens == ApiTokenGrant.Exchange ? api.Exchanged : api;

    private async ValueTask<RenewalResult> GetNewerAsync(Session session, ApiTarget api, CancellationToken cancellationToken)
    {
        if (api.IsExchanged)
        {
            var own = await GetUsableAsync(session, cancellationToken);
            if (own is not Usable fresh) { return own; }
            session = fresh.Session;
        }

        var known = session.Tokens!.Find(api);
        var timeout = known is not null && policy.AliveFor(known) > MaxWaitWhileAlive ? MaxWaitWhileAlive : options.CurrentValue.TokenTimeout;
        var result = await AskAsync(session, api, known, timeout, cancellationToken);
        return result is not (UsableApi or Ended) && known is not null && policy.IsAlive(known) ? new UsableApi(session, known) : result;
    }

    private async Task<RenewalResult> AskAsync(Session session, ApiTarget api, ApiToken? known, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (known is not null && policy.HasToWait(known)) { return OfFailure(known, clock.GetUtcNow()); }
        if (!api.IsExchanged && !policy.CanRefresh(session.Tokens!)) { return new ApiRefused(RenewalJudge.NoRefreshToken, IsOfUser: false); }
        return await RenewApiAsync(session, api, timeout, cancellationToken);
    }

    private async Task<RenewalResult> RenewApiAsync(Session session, ApiTarget api, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var result = await RenewAsync(session, api, timeout, cancellationToken);
        if (result is not Usable { Session: { Tokens.DoubtedAt: not null } doubted }) { return Of(result, api); }

        // Is the grant over, or is it about this API? The session's own renewal, which is due now, knows, and a caller whose session is over had better be told.
        return await RenewAsync(doubted, api: null, timeout, cancellationToken) is Ended ended ? ended : Of(result, api);
    }

    private RenewalResult Of(RenewalResult result, ApiTarget api)
    {
        if (result is not Usable { Session: { } session }) { return result; }
        return session.Tokens!.Find(api) is not { } token ? new Unreachable(RenewalLeases.StoreAllowance)
            : policy.IsAlive(token) && token.Fault == ApiTokenFault.None ? new UsableApi(session, token)
            : OfFailure(token, clock.GetUtcNow());
    }

    private async Task<RenewalResult> RenewAsync(Session session, ApiTarget? api, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (session.Failures > 0 && session.NotBefore > clock.GetUtcNow()) { return OfFailure(session, clock.GetUtcNow()); }
        if (health.IsAway) { return new StoreUnavailable(); }
        var flight = flights.Join(new(session.Id, api), () => attempt.RunAsync(session, api));
        try
        {
            // While the store is away nobody waits for what cannot be stored.
            var away = health.WhenAway;
            var first = await Task.WhenAny(flight, away).WaitAsync(timeout, clock, cancellationToken);
            return first == away && !flight.IsCompleted ? new StoreUnavailable() : await flight;
        }
        catch (TimeoutException)
        {
            return health.IsAway ? new StoreUnavailable() : new Unreachable(RenewalLeases.StoreAllowance);
        }
    }

    private bool IsExpired(RenewalResult result) => result is Usable { Session.Tokens: { } tokens } && !policy.IsAlive(tokens);
}
