using Bff.Tokens;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Bff.Ops.Health;

/// <summary>The provider's metadata was had once, so that users can sign in here. From then on an outage there does not make this node less ready than another one.</summary>
internal sealed class ProviderCheck(Provider provider) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await provider.GetConfigurationAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (ProviderUnavailableException error)
        {
            return HealthCheckResult.Unhealthy(error.Message);
        }
        catch (OperationCanceledException)
        {
            return HealthCheckResult.Unhealthy("The provider has not answered yet.");
        }
    }
}
