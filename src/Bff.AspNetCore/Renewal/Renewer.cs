using System.Security.Claims;
using Bff.Providers;
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
    RenewalPolicy policy, RenewalFlights flights, RenewalAttempt attempt, StoreHealth health, IOptionsMonitor<TokenOptions> options, TimeProvider clock)
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

    /// <summary>Renews although nothing is due, but not what was renewed a moment ago: a page that asks in a loop costs the provider nothing.</summary>
    public async Task<RenewalResult> RenewNowAsync(Session session, CancellationToken cancellationToken)
    {
        if (!policy.CanRefresh(session.Tokens!)) { return new NotRenewable(); }
        var isRepeated = session.Version > 1 && policy.IsBrandNew(session.Tokens!);
        return isRepeated ? new Usable(session) : await RenewAsync(session, options.CurrentValue.TokenTimeout, cancellationToken);
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
        var result = policy.CanRefresh(tokens) ? await RenewAsync(session, timeout, cancellationToken) : new NotRenewable();
        return result is not (Usable or Ended) && policy.IsAlive(tokens) ? new Usable(session) : result;
    }

    private async Task<RenewalResult> RenewAsync(Session session, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (session.Failures > 0 && session.NotBefore > clock.GetUtcNow()) { return OfFailure(session, clock.GetUtcNow()); }
        if (health.IsAway) { return new StoreUnavailable(); }
        var flight = flights.Join(session.Id, () => attempt.RunAsync(session));
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
