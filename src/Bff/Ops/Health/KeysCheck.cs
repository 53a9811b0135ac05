using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Bff.Ops.Health;

/// <summary>The keys that open the tokens can be read from where they are kept; those in memory would not survive a restart.</summary>
internal sealed class KeysCheck(IKeyManager keys, StoreProbes probes, StoreCheck store) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        await probes.RunAsync("keys", LookAsync) is { } wrong ? store.Judge(wrong) : HealthCheckResult.Healthy();

    private Task<string?> LookAsync()
    {
        try
        {
            return Task.FromResult(keys.GetAllKeys().Any(key => !key.IsRevoked) ? null : "The Data Protection keys are gone.");
        }
        catch (Exception error)
        {
            return Task.FromResult<string?>($"The Data Protection keys cannot be read: {error.GetBaseException().Message}");
        }
    }
}
