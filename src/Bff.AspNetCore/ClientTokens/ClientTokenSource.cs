using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Bff.Providers;
using Bff.Providers.Named;
using Bff.Providers.Throttling;
using Bff.Providers.TokenEndpoint;
using Bff.Renewal;
using Bff.Sessions;
using Bff.Sessions.Store;
using Microsoft.Extensions.Options;
using static Bff.Providers.TokenEndpoint.RefreshOutcome;

namespace Bff.ClientTokens;

/// <summary>
/// Tokens of our clients themselves (RFC 6749 section 4.4), by provider and API. Kept in memory and, for all nodes, in the store: one node asks, the others read.
/// While the store is away each node asks for itself.
/// </summary>
internal sealed class ClientTokenSource(
    ProviderSet providers, IClientTokenStore store, RenewalPolicy policy, IOptions<SessionClients> clients, IOptionsMonitor<TokenOptions> options,
    ClientTokenLog log, TimeProvider clock)
    : IDisposable
{
    /// <summary>A call whose token is about to expire waits this long for another one.</summary>
    private static readonly TimeSpan MaxWaitWhileAlive = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MaxPoll = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxRetry = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RefusedRetry = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ForgetAfter = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<(string Provider, ApiTarget Target), ClientToken> _tokens = new();

    /// <summary>None is being got just now.</summary>
    public bool IsIdle => _tokens.All(entry => !entry.Value.IsUnderWay);

    /// <summary>A token that may be sent.</summary>
    public ValueTask<ClientTokenResult> GetAsync(string provider, ApiTarget target, CancellationToken cancellationToken)
    {
        var token = Of(provider, target);
        token.Use();
        var now = token.Now;
        return now.Tokens is { } tokens && policy.IsFresh(tokens) ? new(now.Issued!) : new(WaitAsync(token, now, refused: null, cancellationToken));
    }

    /// <summary>Another one in the place of one that an API refuses, although it should be good: once a minute at most.</summary>
    /// <returns>Null when there is to be none.</returns>
    public async Task<ClientTokenResult?> ReplaceAsync(string provider, ApiTarget target, string refused, CancellationToken cancellationToken)
    {
        var token = Of(provider, target);
        token.Use();
        var now = token.Now;
        if (now.Issued is { } issued && issued.Authorization != refused) { return issued; }
        var mayAsk = now.Tokens is { } tokens && (policy.MayReplace(tokens.ObtainedAt) || now.Version <= 1);
        return mayAsk ? await WaitAsync(token, now with { Tokens = null }, refused, cancellationToken) : null;
    }

    private ClientToken Of(string provider, ApiTarget target) =>
        _tokens.TryGetValue((provider, target), out var token) ? token
        : _tokens.GetOrAdd((provider, target), key => new(IdOf(key.Provider, key.Target), providers[key.Provider], key.Target));

    /// <summary>Another Bff on the same store may be another client, with other rights.</summary>
    private string IdOf(string provider, ApiTarget target) => Base64Url.EncodeToString(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{clients.Value.Of(provider).Name}\n{target.Text}")));

    private async Task<ClientTokenResult> WaitAsync(ClientToken token, ClientToken.State now, string? refused, CancellationToken cancellationToken)
    {
        if (now.Failure is { } failure && now.RetryAt > clock.GetUtcNow()) { return (ClientTokenResult?)StillAlive(now) ?? Later(failure, now.RetryAt); }
        var timeout = now.Tokens is { } tokens && policy.AliveFor(tokens) > MaxWaitWhileAlive ? MaxWaitWhileAlive : options.CurrentValue.TokenTimeout;
        try
        {
            var result = await token.Join(() => GetNewAsync(token, isAwaited: true, refused)).WaitAsync(timeout, clock, cancellationToken);
            return result is ClientTokenResult.Issued ? result : StillAlive(now) ?? result;
        }
        catch (TimeoutException)
        {
            return (ClientTokenResult?)StillAlive(now) ?? new ClientTokenResult.Unavailable(FirstRetry);
        }
    }

    /// <summary>Asked after a wait, too: it may have expired in it.</summary>
    private ClientTokenResult.Issued? StillAlive(ClientToken.State seen) =>
        seen.Tokens is { } tokens && policy.IsAlive(tokens) ? seen.Issued : null;

    private ClientTokenResult Later(ClientTokenResult failure, DateTimeOffset retryAt) =>
        failure is ClientTokenResult.Unavailable ? new ClientTokenResult.Unavailable(retryAt - clock.GetUtcNow()) : failure;

    private async Task<ClientTokenResult> GetNewAsync(ClientToken token, bool isAwaited, string? refused)
    {
        try
        {
            return await ShareAsync(token, isAwaited, refused);
        }
        catch (SessionStoreException)
        {
            return await AskAsync(token, isAwaited, claim: null);   // a token is more than the one request that all nodes would share
        }
        catch (Exception error)
        {
            log.Failed(error);
            return token.Fail(new ClientTokenResult.Unavailable(FirstRetry), clock.GetUtcNow() + FirstRetry, timer: null);
        }
    }

    private async Task<ClientTokenResult> ShareAsync(ClientToken token, bool isAwaited, string? refused)
    {
        var owner = Guid.NewGuid().ToString("N");
        for (var wait = FirstPoll; ; wait = wait * 2 < MaxPoll ? wait * 2 : MaxPoll)
        {
            var stored = await store.FindClientTokenAsync(token.Id, CancellationToken.None);
            if (stored?.Tokens is { } found && IsNews(token, found, refused)) { return token.Take(found, stored.Version, isAwaited, TimerOf(token, found)); }
            var now = clock.GetUtcNow();
            var until = now + options.CurrentValue.TokenTimeout + RenewalLeases.StoreAllowance;
            if (await store.ClaimClientTokenAsync(token.Id, stored?.Version ?? 0, now, owner, until, CancellationToken.None))
            {
                return await AskAsync(token, isAwaited, new Claim(owner, stored?.Version ?? 0));
            }

            await Task.Delay(wait, clock);
        }
    }

    private bool IsNews(ClientToken token, TokenSet found, string? refused) =>
        policy.IsFresh(found) && found.Authorization != refused && found.Authorization != token.Now.Tokens?.Authorization;

    private sealed record Claim(string Owner, long Version);

    /// <param name="token">That is needed.</param>
    /// <param name="isAwaited">By a call.</param>
    /// <param name="claim">In the store; null while that is away.</param>
    private async Task<ClientTokenResult> AskAsync(ClientToken token, bool isAwaited, Claim? claim)
    {
        RefreshOutcome outcome;
        try
        {
            outcome = await AskAsync(token);
        }
        catch (Exception error)
        {
            log.Failed(error);
            outcome = new Unavailable("internal");
        }

        var tokens = (outcome as Renewed)?.Tokens;
        if (claim is not null) { await CompleteAsync(token, claim, tokens); }
        if (tokens is not null)
        {
            log.Obtained(token.Provider.Name, token.Target, tokens.ExpiresAt);
            return token.Take(tokens, (claim?.Version ?? token.Now.Version) + 1, isAwaited, TimerOf(token, tokens));
        }

        return Fail(token, outcome);
    }

    /// <summary>The token is good, whatever becomes of its row; another node would get one of its own.</summary>
    private async Task CompleteAsync(ClientToken token, Claim claim, TokenSet? tokens)
    {
        try
        {
            var forgetAt = (tokens?.ExpiresAt ?? clock.GetUtcNow()) + ForgetAfter;
            await store.CompleteClientTokenAsync(token.Id, claim.Owner, tokens, forgetAt, CancellationToken.None);
        }
        catch (SessionStoreException)
        {
            // Logged by StoreHealth. The claim runs out by itself.
        }
    }

    private static async Task<RefreshOutcome> AskAsync(ClientToken token)
    {
        var (gate, tokens) = (token.Provider.Gate, token.Now.Tokens);
        var admitted = await gate.EnterAsync(CallKind.Renewal, CancellationToken.None);
        if (admitted.Permit is not { } permit) { return new Unavailable("breaker", admitted.RetryAfter) { IsResponse = true }; }
        RefreshOutcome? outcome = null;
        try
        {
            return outcome = await token.Provider.TokenEndpoint.AskForClientAsync(tokens, token.Target);
        }
        finally
        {
            var verdict = outcome is null or Unavailable { IsResponse: false } ? CallVerdict.Failed : CallVerdict.Answered;
            gate.Leave(permit, verdict, (outcome as Unavailable)?.RetryAfter);
        }
    }

    private ClientTokenResult Fail(ClientToken token, RefreshOutcome outcome)
    {
        var (provider, now) = (token.Provider.Name, clock.GetUtcNow());
        if (outcome is Unavailable down)
        {
            log.Unavailable(provider, token.Target, down.Reason);
            var pause = RenewalPolicy.Doubled(FirstRetry, token.Now.Failures, MaxRetry);
            var retry = down.RetryAfter > pause && down.RetryAfter < RefusedRetry ? down.RetryAfter.Value : pause;
            return token.Fail(new ClientTokenResult.Unavailable(retry), now + retry, AgainAfter(token, retry));
        }

        var error = outcome switch
        {
            Rejected rejected => rejected.Error,
            Refused refused => refused.Error,
            Misconfigured wrong => wrong.Error,
            _ => ErrorWords.Unknown,
        };
        log.Refused(provider, token.Target, error);
        return token.Fail(new ClientTokenResult.Refused(error), now + RefusedRetry, AgainAfter(token, RefusedRetry));
    }

    /// <summary>Of a token that is alive; without one the next call asks.</summary>
    private ITimer? AgainAfter(ClientToken token, TimeSpan pause) =>
        token.Now.Tokens is { } tokens && policy.IsAlive(tokens) ? clock.CreateTimer(_ => Renew(token), null, pause, Timeout.InfiniteTimeSpan) : null;

    private ITimer TimerOf(ClientToken token, TokenSet tokens)
    {
        var left = policy.DueAtOfClient(tokens) - clock.GetUtcNow();
        return clock.CreateTimer(_ => Renew(token), null, left > FirstRetry ? left : FirstRetry, Timeout.InfiniteTimeSpan);
    }

    /// <summary>In the background, ahead of expiry. One that nobody used since it came is left to end; the next call gets another.</summary>
    private void Renew(ClientToken token)
    {
        if (token.WasUsed) { token.Join(() => GetNewAsync(token, isAwaited: false, refused: null)); }
    }

    public void Dispose()
    {
        foreach (var (_, token) in _tokens) { token.Dispose(); }
    }
}
