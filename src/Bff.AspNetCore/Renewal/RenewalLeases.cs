using System.Collections.Concurrent;
using Bff.Providers;
using Bff.Sessions;
using Bff.Sessions.Store;
using Microsoft.Extensions.Options;
using static Bff.Renewal.RenewalResult;

namespace Bff.Renewal;

/// <summary>Claims on sessions, so that each renewal happens once however many nodes run; and what the one that gets none does.</summary>
internal sealed class RenewalLeases(
    ISessionStore store, IRenewalQueue queue, Heartbeat heartbeat, IOptionsMonitor<TokenOptions> options, TimeProvider clock)
{
    /// <summary>Time for the store beyond the token call, so that a lease never ends under a renewal that still runs.</summary>
    public static readonly TimeSpan StoreAllowance = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MaxPoll = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan ContinuePoll = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Claims of this process under way, to the moment when the store has taken what they brought; by the version whose refresh token they use, since what the
    /// provider says of one token is nothing to a session that has got another meanwhile.
    /// </summary>
    private readonly ConcurrentDictionary<(SessionId Id, long Version), Lease> _held = new();

    /// <summary>How long one lasts.</summary>
    public TimeSpan Duration => options.CurrentValue.TokenTimeout + StoreAllowance;

    /// <returns>Null when somebody has it, or has renewed it: to be followed.</returns>
    public async Task<Lease?> ClaimAsync(Session session)
    {
        var heardAt = await heartbeat.SpeakUpToSendAsync(CancellationToken.None);
        var now = clock.GetUtcNow();
        var lease = await queue.ClaimAsync(session.Id, session.Version, now, NewOwner(), now + Duration, CancellationToken.None);
        return lease is null || Adopts(lease) ? null : lease with { HeardAt = heardAt };
    }

    /// <summary>
    /// Asked before the refresh token is sent. A process that stood still after its claim, long enough to be taken for dead, looks whether others have freed
    /// it: the token may be used up by now, and a provider that allows no repetition would end the session.
    /// </summary>
    public async Task<bool> IsStillHeldAsync(Lease lease)
    {
        if (clock.GetUtcNow() >= lease.Until) { return false; }
        if (!heartbeat.MayBeMissedSince(lease.HeardAt)) { return true; }
        await heartbeat.SpeakUpToSendAsync(CancellationToken.None);
        return await store.FindAsync(lease.Session.Id, CancellationToken.None) is { } now && now.Version == lease.Session.Version
            && now.LeaseUntil.ToUnixTimeMilliseconds() == lease.Until.ToUnixTimeMilliseconds();
    }

    /// <returns>How many were due; and those to renew, which are fewer when some are being renewed here already.</returns>
    public async Task<(int Due, IReadOnlyList<Lease> Leases)> ClaimDueAsync(string provider, int max, CancellationToken cancellationToken)
    {
        var heardAt = await heartbeat.SpeakUpToSendAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var leases = await queue.ClaimDueAsync(provider, now, NewOwner(), now + Duration, max, cancellationToken);
        return (leases.Count, [.. leases.Where(lease => !Adopts(lease)).Select(lease => lease with { HeardAt = heardAt })]);
    }

    /// <summary>
    /// For a silent sign-in: waits a little for a renewal under way, but not out the pause after a failed one, since its tokens are here already.
    /// </summary>
    public async Task<Lease?> ClaimToContinueAsync(SessionId id)
    {
        for (var began = clock.GetUtcNow(); ; await Task.Delay(ContinuePoll, clock))
        {
            var now = clock.GetUtcNow();
            if (await store.FindAsync(id, CancellationToken.None) is not { } session || session.EndsAt <= now) { return null; }
            var lease = await ClaimToReplaceAsync(session, now + StoreAllowance);
            if (lease is not null || now - began >= StoreAllowance) { return lease; }
        }
    }

    /// <summary>Somebody else is renewing: never goes on with the old refresh token, but polls until the session has moved.</summary>
    /// <param name="seen">The session as it was.</param>
    /// <param name="held">
    /// The claim that was lost, when new tokens are at hand. A failure of another node then says nothing: it asked with the refresh token of before.
    /// </param>
    /// <returns>Null when the lease ran out and nothing had happened, or this process has claimed the session again.</returns>
    public async Task<RenewalResult?> FollowAsync(Session seen, Lease? held = null)
    {
        for (var wait = FirstPoll; ; wait = wait * 2 < MaxPoll ? wait * 2 : MaxPoll)
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
            if (moved || (failed && held is null)) { return OfFailure(session, now); }
            if (session.LeaseUntil <= now || (held is not null && HeldOf(seen) is { } current && current != held)) { return null; }
            await Task.Delay(wait, clock);
        }
    }

    /// <summary>
    /// Notes that the refresh token is being used under this claim. When the lease is lost, and this process gets the next one, it goes to this renewal.
    /// </summary>
    public void Hold(Lease lease) => _held[KeyOf(lease.Session)] = lease;

    public Lease? HeldOf(Session session) => _held.GetValueOrDefault(KeyOf(session));

    /// <returns>The claim of this renewal as it is now; a further one would be another renewal's.</returns>
    public Lease LetGo(Lease lease) => _held.TryRemove(KeyOf(lease.Session), out var current) ? current : lease;

    /// <summary>Claims anew what a lost lease has brought tokens for.</summary>
    public async Task<bool> ReclaimAsync(Session session)
    {
        var lease = await ClaimToReplaceAsync(session, clock.GetUtcNow() + Duration);
        if (lease is not null) { Hold(lease); }
        return lease is not null;
    }

    private async Task<Lease?> ClaimToReplaceAsync(Session session, DateTimeOffset until)
    {
        await heartbeat.SpeakUpAsync(CancellationToken.None);
        return await queue.ClaimToReplaceAsync(session.Id, session.Version, clock.GetUtcNow(), NewOwner(), until, CancellationToken.None);
    }

    /// <summary>Gives the claim to a renewal of this process that is under way: to begin another would use a refresh token twice.</summary>
    private bool Adopts(Lease lease) => _held.TryGetValue(KeyOf(lease.Session), out var held) && _held.TryUpdate(KeyOf(lease.Session), lease, held);

    private static (SessionId Id, long Version) KeyOf(Session session) => (session.Id, session.Version);

    /// <summary>Names this start of the process, so that others can free its leases when it has died.</summary>
    private string NewOwner() => $"{heartbeat.Instance}/{Guid.NewGuid():N}";
}
