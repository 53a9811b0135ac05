using Bff.Sessions;
using Bff.Sessions.Store;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Bff.Ops.Health;

/// <summary>The session store can be read and written, and says so within a second. A disk that is full shows only when something is written.</summary>
internal sealed class StoreCheck(
    ISessionStore store, StoreHealth health, StoreProbes probes, IOptionsMonitor<OpsOptions> ops, IOptionsMonitor<SessionsOptions> sessions, TimeProvider clock)
    : IHealthCheck
{
    /// <summary>A store that took a write is not written to again so soon.</summary>
    private static readonly TimeSpan WriteInterval = TimeSpan.FromSeconds(5);

    /// <summary>Somebody met something damaged, which a probe may not.</summary>
    private static readonly TimeSpan DamageInterval = TimeSpan.FromMinutes(1);

    private DateTimeOffset? _writtenAt;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        await probes.RunAsync("store", LookAsync) is { } wrong ? Judge(wrong) : HealthCheckResult.Healthy();

    /// <summary>Unready, unless somebody wants this node to go on while it can serve.</summary>
    public HealthCheckResult Judge(string wrong)
    {
        var copiesServe = health.Since is { } since && clock.GetUtcNow() - since < sessions.CurrentValue.OutageCopies;
        return ops.CurrentValue.ReadyWithoutStore && copiesServe

            ? HealthCheckResult.Degraded($"{wrong} Local copies of sessions serve until {health.Since + sessions.CurrentValue.OutageCopies:u}.")
            : HealthCheckResult.Unhealthy(wrong);
    }

    private async Task<string?> LookAsync()
    {
        try
        {
            await store.ProbeReadAsync(CancellationToken.None);
            var now = clock.GetUtcNow();
            if (_writtenAt is not { } at || (now - at).Duration() >= WriteInterval)
            {
                _writtenAt = null;
                await store.ProbeWriteAsync(CancellationToken.None);
                _writtenAt = now;
            }

            return clock.GetUtcNow() - health.DamagedAt < DamageInterval ? $"Something in the session store is damaged: {health.LastError}" : null;
        }
        catch (SessionStoreException error)
        {
            return $"The session store cannot be used: {error.Message}";
        }
    }
}
