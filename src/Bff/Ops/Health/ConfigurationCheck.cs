using Bff.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Bff.Ops.Health;

/// <summary>The configuration as it is written is the one in use. Else Bff goes on with the last good one, and is as ready as before.</summary>
internal sealed class ConfigurationCheck(ConfigurationReload reload) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(reload.Mistakes.Count switch
    {
        0 when reload.WaitingForRestart.Count > 0 =>
            HealthCheckResult.Healthy($"A restart is needed for changes to: {string.Join(", ", reload.WaitingForRestart)}."),
        0 => HealthCheckResult.Healthy(),
        var count =>
            HealthCheckResult.Degraded(
                $"The changed configuration has {count} {(count == 1 ? "mistake" : "mistakes")}, named in the log; the last good one is in use."),
    });
}
