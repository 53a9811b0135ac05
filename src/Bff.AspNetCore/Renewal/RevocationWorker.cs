using System.Threading.Channels;
using Bff.Providers;
using Bff.Providers.Named;
using Bff.Providers.TokenEndpoint;
using Bff.Sessions;
using Bff.Sessions.Store;
using Microsoft.Extensions.Options;

namespace Bff.Renewal;

/// <summary>
/// Revokes what ended sessions leave behind (RFC 7009, RFC 9700 section 4.14): the one place that does, whatever ended them and on whichever node. The store
/// kept the tokens as the sessions ended, so nobody waits for the provider, and an outage or a restart only delays it.
/// </summary>
internal sealed partial class RevocationWorker(
    ISessionStore store, ProviderSet providers, SessionChanges changes, SessionMetrics metrics, IOptionsMonitor<TokenOptions> options,
    TimeProvider clock, ILogger<RevocationWorker> logger) : BackgroundService
{
    private const int AtOnce = 8;

    /// <summary>Looks at least this often: for tokens whose time has come, and those that another node did not get to.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MaxRetry = TimeSpan.FromMinutes(10);

    /// <summary>Waiting for a place at the provider, and for the store, beside the call itself.</summary>
    private static readonly TimeSpan LeaseAllowance = TimeSpan.FromSeconds(30);

    /// <summary>One loop a provider: one that is slow or down holds up no other's.</summary>
    private readonly IReadOnlyList<(Provider Provider, Channel<bool> Wake)> _loops =
    [
        .. providers.All.Select(provider => (provider, Channel.CreateBounded<bool>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true }))),
    ];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        changes.Published += Consider;
        changes.Swept += Consider;
        changes.ToRevoke += Wake;
        try
        {
            await using var tick = clock.CreateTimer(_ => Wake(), state: null, TimeSpan.Zero, PollInterval);
            await Task.WhenAll(_loops.Select(loop => RevokeAsync(loop.Provider, loop.Wake.Reader, stoppingToken)));
        }
        finally
        {
            changes.Published -= Consider;
            changes.Swept -= Consider;
            changes.ToRevoke -= Wake;
        }
    }

    private async Task RevokeAsync(Provider provider, ChannelReader<bool> wake, CancellationToken cancellationToken)
    {
        while (await wake.WaitToReadAsync(cancellationToken))
        {
            wake.TryRead(out _);
            await RevokeDueAsync(provider, cancellationToken);
        }
    }

    private async Task RevokeDueAsync(Provider provider, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var now = clock.GetUtcNow();
                var due = await store.ClaimRevocationsAsync(
                    provider.Name, now, now + (options.CurrentValue.TokenTimeout * (provider.Options.RevokeAccessTokens ? 2 : 1)) + LeaseAllowance, AtOnce,
                    cancellationToken);
                var outcomes = await Task.WhenAll(due.Select(revocation => RevokeAsync(provider, revocation)));

                // The others would fare no better now; they stay due until the next tick.
                if (due.Count == 0 || outcomes.All(outcome => outcome is RevocationOutcome.Unavailable or RevocationOutcome.TurnedAway)) { return; }
            }
        }
        catch (Exception error) when (error is SessionStoreException || !cancellationToken.IsCancellationRequested)
        {
            if (error is not SessionStoreException) { StoreFailed(error); }   // StoreHealth logs a store that is away
        }
    }

    private async Task<RevocationOutcome> RevokeAsync(Provider provider, Revocation revocation)
    {
        if (revocation.Tokens is not { } tokens)
        {
            // Sealed with a key that this node has still to read, or that comes back with a certificate.
            await PostponeAsync(revocation, "unreadable");
            return RevocationOutcome.Refused;
        }

        var found = await RevokeAsync(provider, tokens);
        var outcome = found ?? RevocationOutcome.Refused;
        switch (outcome)
        {
            case RevocationOutcome.TurnedAway:
                // The provider was not asked, so this was no attempt.
                await store.CompleteRevocationAsync(
                    revocation with { Attempts = revocation.Attempts - 1 }, clock.GetUtcNow() + FirstRetry, CancellationToken.None);
                break;
            case RevocationOutcome.Unavailable:
                await PostponeAsync(revocation, "unavailable");
                break;
            default:
                await store.CompleteRevocationAsync(revocation, again: null, CancellationToken.None);
                metrics.Revoked(found is null ? "nothing" : Name(outcome));
                break;
        }

        return outcome;
    }

    /// <summary>The refresh token first: many providers then end the access tokens of its grant by themselves (RFC 7009 section 2.1).</summary>
    /// <returns>Null when there is nothing to revoke.</returns>
    private async Task<RevocationOutcome?> RevokeAsync(Provider provider, TokenSet tokens)
    {
        RevocationOutcome? outcome = null;
        if (tokens.RefreshToken is { } refreshToken)
        {
            outcome = await provider.TokenEndpoint.RevokeAsync(refreshToken, TokenEndpointClient.RefreshTokenHint);
            if (outcome is not (RevocationOutcome.Revoked or RevocationOutcome.Refused)) { return outcome; }
        }

        if (!provider.Options.RevokeAccessTokens) { return outcome; }
        string[] alive =
        [
            .. tokens.AccessToken.Length > 0 && tokens.ExpiresAt > clock.GetUtcNow() ? [tokens.AccessToken] : Array.Empty<string>(),
            .. (tokens.ApiTokens ?? []).Where(token => token.HasToken && token.ExpiresAt > clock.GetUtcNow()).Select(token => token.AccessToken),
        ];
        var ofAccess = await Task.WhenAll(alive.Select(token => provider.TokenEndpoint.RevokeAsync(token, TokenEndpointClient.AccessTokenHint)));
        return ofAccess.Aggregate(outcome, Worse);
    }

    /// <summary>Revoked is what was so in whole; what has to be tried again counts before all else.</summary>
    private static RevocationOutcome? Worse(RevocationOutcome? one, RevocationOutcome other) => one switch
    {
        null or RevocationOutcome.Revoked => other,
        RevocationOutcome.Refused or RevocationOutcome.NotOffered when other is RevocationOutcome.Unavailable or RevocationOutcome.TurnedAway => other,
        _ => one,
    };

    private async Task PostponeAsync(Revocation revocation, string outcome)
    {
        var again = clock.GetUtcNow() + RenewalPolicy.Doubled(FirstRetry, revocation.Attempts - 1, MaxRetry);
        var givenUp = again > revocation.ForgetAt;
        await store.CompleteRevocationAsync(revocation, givenUp ? null : again, CancellationToken.None);
        metrics.Revoked(givenUp ? "given_up" : outcome);
        if (givenUp) { GivenUp(revocation.SessionId, revocation.Attempts); }
        else { Postponed(revocation.SessionId, revocation.Attempts, again); }
    }

    private static string Name(RevocationOutcome outcome) => outcome switch
    {
        RevocationOutcome.Revoked => "revoked",
        RevocationOutcome.NotOffered => "not_offered",
        _ => "refused",
    };

    /// <summary>An end on another node is that node's; ours is due at once.</summary>
    private void Consider(SessionChange change)
    {
        if (change is { Ended: not null, Remote: false }) { Wake(); }
    }

    private void Consider(string reason, int count) => Wake();

    private void Wake()
    {
        foreach (var (_, wake) in _loops) { wake.Writer.TryWrite(true); }
    }

    [LoggerMessage(LogLevel.Information, "The tokens of ended session {Session} could not be revoked (attempt {Attempts}); tried again {Again:u}.")]
    private partial void Postponed(SessionId session, int attempts, DateTimeOffset? again);

    [LoggerMessage(
        LogLevel.Warning,
        "The tokens of ended session {Session} could not be revoked for a day ({Attempts} attempts) and are given up; at the provider they end by "
        + "themselves.")]
    private partial void GivenUp(SessionId session, int attempts);

    [LoggerMessage(LogLevel.Error, "The session store cannot be asked for tokens to revoke; tried again in ten seconds.")]
    private partial void StoreFailed(Exception error);
}
