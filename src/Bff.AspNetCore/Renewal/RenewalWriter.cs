using Bff.Providers;
using Bff.Providers.Named;
using Bff.Sessions;
using Bff.Sessions.Store;
using static Bff.Renewal.RenewalDecision;
using static Bff.Renewal.RenewalResult;

namespace Bff.Renewal;

/// <summary>Writes what was decided of a claimed session, for as long as it takes: rotated tokens exist nowhere else.</summary>
internal sealed class RenewalWriter(
    ISessionStore store, IRenewalQueue queue, RenewalLeases leases, ProviderSet providers, StoreHealth health, SessionCache copies, RenewalLog log,
    TimeProvider clock)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxRetry = TimeSpan.FromSeconds(5);

    /// <returns>Null when it was written; else what became of the session.</returns>
    public async Task<RenewalResult?> WriteAsync(Lease lease, RenewalDecision decision)
    {
        switch (decision)
        {
            case Keep keep:
                return await KeepAsync(lease, keep.Session.Tokens!, current => TryWriteAsync(current, keep));
            case TryAgain { Rotated: { } rotated } again:
                return await KeepAsync(lease, rotated, current =>
                    queue.ReleaseRotatedAsync(current, rotated, again.DueAt, again.NotBefore, $"{again.Failure}", CancellationToken.None));
            case TryAgain again:
                await queue.ReleaseAsync(leases.LetGo(lease), again.DueAt, again.NotBefore, $"{again.Failure}", CancellationToken.None);
                return null;
            case Forget forget:
                await queue.CompleteRenewalAsync(leases.LetGo(lease), forget.Tokens, dueAt: null, claims: null, CancellationToken.None);
                return null;
            default:
                return await EndAsync(leases.LetGo(lease), ((End)decision).RotatedRefreshToken);
        }
    }

    /// <summary>As <see cref="WriteAsync"/>, for tokens of a sign-in: it can be repeated, so a store that stumbles is not asked again.</summary>
    /// <returns>False when the lease was lost.</returns>
    public async Task<bool> TryWriteAsync(Lease lease, Keep keep)
    {
        var place = copies.Expect(keep.Session);
        var isWritten = await queue.CompleteRenewalAsync(lease, keep.Session.Tokens!, keep.Session.DueAt, keep.Claims, CancellationToken.None);
        if (isWritten && place is { } free) { copies.Renew(free, keep.Session); }
        return isWritten;
    }

    /// <summary>Has a refresh token revoked that nobody will use.</summary>
    public Task DiscardAsync(SessionId id, string provider, string? subject, TokenSet tokens) =>
        store.RevokeLaterAsync(id, provider, subject, tokens, ended: false, CancellationToken.None);

    /// <summary>
    /// Writes what came, also when the lease was lost to a node that died with it: the next claim would replay a refresh token that is used up.
    /// </summary>
    private async Task<RenewalResult?> KeepAsync(Lease lease, TokenSet brought, Func<Lease, Task<bool>> write)
    {
        var id = lease.Session.Id;
        try
        {
            while (true)
            {
                if (leases.HeldOf(lease.Session) is not { } current)
                {
                    // The next claim was ours, too, and has stored its tokens.
                    return await InsistAsync(id, () => leases.FollowAsync(lease.Session)) ?? new Unreachable(RenewalLeases.StoreAllowance);
                }

                if (await InsistAsync(id, () => write(leases.HeldOf(lease.Session) ?? current))) { return null; }
                if (leases.HeldOf(lease.Session) != current) { continue; }   // the claim of before ran out, and the next one was ours, too
                if (await LoseAsync(lease, brought, current) is { } other) { return other; }
                if (leases.HeldOf(lease.Session) == current) { await InsistAsync(id, () => leases.ReclaimAsync(lease.Session)); }
            }
        }
        finally
        {
            leases.LetGo(lease);
        }
    }

    private async Task<RenewalResult?> EndAsync(Lease lease, string? rotatedRefreshToken)
    {
        var rotated = rotatedRefreshToken is null ? null : lease.Session.Tokens! with { RefreshToken = rotatedRefreshToken };
        copies.Forget(lease.Session.Id);   // the store may be away, and copies would serve on
        if (!await InsistAsync(lease.Session.Id, () => queue.RemoveAsync(lease, EndReasons.SessionEnded, CancellationToken.None)))
        {
            // Somebody renews or renewed in between (invalid_grant then means: that refresh token was used up), or the session is gone already.
            return await LoseAsync(lease, rotated, held: null) ?? new Unreachable(RenewalLeases.StoreAllowance);
        }

        await RevokeBroughtAsync(lease, subject: null, rotated);
        return null;
    }

    /// <summary>Another node took the session over, or it ended: then tokens that came for it are nobody's and must not live on.</summary>
    /// <returns>Null when the other node let its lease run out.</returns>
    private async Task<RenewalResult?> LoseAsync(Lease lease, TokenSet? brought, Lease? held)
    {
        log.LeaseLost(lease.Session.Id);
        var now = await InsistAsync(lease.Session.Id, () => leases.FollowAsync(lease.Session, held));
        if (now is Ended) { await RevokeBroughtAsync(lease, lease.Session.Subject, brought); }
        return now;
    }

    /// <param name="lease">The claim.</param>
    /// <param name="subject">Whose other sessions it waits for; null for none.</param>
    /// <param name="brought">What came; null for nothing.</param>
    private async Task RevokeBroughtAsync(Lease lease, string? subject, TokenSet? brought)
    {
        var known = lease.Session.Tokens!;
        var isAccessTokenLeft = RevokesAccessTokens(lease)
            && (brought?.AccessToken != known.AccessToken || (brought?.ApiTokens ?? []).Any(token => !(known.ApiTokens ?? []).Contains(token)));
        if (brought is null || (brought.RefreshToken == known.RefreshToken && !isAccessTokenLeft)) { return; }
        await InsistAsync(lease.Session.Id, async () =>
        {
            await store.RevokeLaterAsync(lease.Session.Id, lease.Session.Provider, subject, brought, ended: true, CancellationToken.None);
            return true;
        });
    }

    private bool RevokesAccessTokens(Lease lease) => providers[lease.Session.Provider].Options.RevokeAccessTokens;

    /// <summary>
    /// The provider has rotated, so a store that stumbles is asked again for as long as this process lives. Others may have taken the session over meanwhile;
    /// owner and version then refuse the write.
    /// </summary>
    private async Task<T> InsistAsync<T>(SessionId session, Func<Task<T>> write)
    {
        for (var wait = FirstRetry; ; wait = wait * 2 < MaxRetry ? wait * 2 : MaxRetry)
        {
            try
            {
                return await write();
            }
            catch (SessionStoreException away)
            {
                await health.WhenBack;
                await Task.Delay(away.IsRefusal || away.IsDamage ? wait : FirstRetry, clock);
            }
            catch (Exception error)
            {
                log.Failed(session, error);
                await Task.Delay(wait, clock);
            }
        }
    }
}
