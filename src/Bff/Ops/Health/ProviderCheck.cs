using Bff.Tokens;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Bff.Ops.Health;

/// <summary>
/// The provider's metadata was had once, so that users can sign in here. From then on an outage there does not make this node less ready than another one.
/// Until then a probe asks the provider, at most every few seconds however many come.
/// </summary>
internal sealed class ProviderCheck(Provider provider, TimeProvider clock) : IHealthCheck
{
    public static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(5);

    private sealed record Attempt(DateTimeOffset At, HealthCheckResult Result);

    private volatile Attempt? _last;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (provider.Known is not null) { return HealthCheckResult.Healthy(); }
        var now = clock.GetUtcNow();
        if (_last is { } last && (now - last.At).Duration() < RetryInterval) { return last.Result; }
        try
        {
            await provider.GetConfigurationAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (ProviderUnavailableException error)
        {
            var result = HealthCheckResult.Unhealthy(error.Message);
            _last = new(now, result);
            return result;
        }
        catch (OperationCanceledException)
        {
            return HealthCheckResult.Unhealthy("The provider has not answered yet.");   // the request goes on, and the next probe waits for the same one
        }
    }
}
