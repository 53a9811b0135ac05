using Bff.Providers.Named;
using Bff.Providers.Throttling;
using Bff.Sessions;
using Bff.Sessions.Store;
using Microsoft.Extensions.Options;

namespace Bff.Renewal;

/// <summary>When a renewal may begin: the store is there, those who hold tokens that it could not take have stored them, and the gate has a place.</summary>
internal sealed class RenewalAdmission(ISessionStore store, StoreHealth health, IOptionsMonitor<SessionsOptions> sessions, TimeProvider clock)
{
    /// <summary>
    /// After the store was away, whoever holds new tokens that it could not take stores them first. A lease may have run out meanwhile, and to renew that
    /// session again would use its refresh token twice. Another node may notice that the store is back only after a probe that runs into its time limit.
    /// </summary>
    private TimeSpan HeadStart => sessions.CurrentValue.StoreTimeout + TimeSpan.FromSeconds(2);

    /// <summary>The wait for a place lasts as long as an outage of the provider: the store may have gone and come back meanwhile.</summary>
    /// <param name="provider">Of the session.</param>
    /// <param name="kind">Whether somebody waits for the renewal.</param>
    /// <param name="session">Which session it is; null when that is not known yet.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<Admission> EnterAsync(Provider provider, CallKind kind, Session? session, CancellationToken cancellationToken)
    {
        while (true)
        {
            await health.WhenBack.WaitAsync(cancellationToken);
            var back = health.BackAt;
            if (HeadStartLeft() is var left && left > TimeSpan.Zero && await MayBeHeldAsync(session)) { await Task.Delay(left, clock, cancellationToken); }
            var admission = await provider.Gate.EnterAsync(kind, cancellationToken);
            if (admission.Permit is not { } permit || (!health.IsAway && health.BackAt == back)) { return admission; }
            provider.Gate.Leave(permit, CallVerdict.NotMade);
        }
    }

    private TimeSpan HeadStartLeft() =>
        health.BackAt is { } back && back + HeadStart - clock.GetUtcNow() is var left && left > TimeSpan.Zero && left <= HeadStart ? left : TimeSpan.Zero;

    /// <summary>Only a session that somebody had claimed may have new tokens under way; who needs another one need not wait.</summary>
    private async Task<bool> MayBeHeldAsync(Session? session) =>
        session is null || await store.FindAsync(session.Id, CancellationToken.None) is { } now && now.LeaseUntil > DateTimeOffset.UnixEpoch;
}
