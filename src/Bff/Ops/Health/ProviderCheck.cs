using Bff.Sessions;
using Bff.Tokens;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Bff.Ops.Health;

/// <summary>
/// The provider's metadata was had once, so that users can sign in here. From then on an outage there does not make this node less ready than another one.
/// Until then a probe asks the provider, at most every few seconds however many come. While people are signed in who can be served without it, that only
/// degrades.
/// </summary>
internal sealed class ProviderCheck(Provider provider, ISessionStore store, TimeProvider clock) : IHealthCheck
{
    public static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(5);

    /// <summary>An orchestrator waits a second.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(900);

    private sealed record Attempt(DateTimeOffset At, HealthCheckResult Result);

    private volatile Attempt? _last;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (provider.Known is not null) { return HealthCheckResult.Healthy(); }
        var now = clock.GetUtcNow();
        if (_last is { } last && (now - last.At).Duration() < RetryInterval) { return last.Result; }
        try
        {
            await provider.GetConfigurationAsync(cancellationToken).WaitAsync(Limit, clock, cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (ProviderUnavailableException error)
        {
            var result = await HasSessionsAsync(now, cancellationToken)
                ? HealthCheckResult.Degraded($"Nobody can sign in: {error.Message}") : HealthCheckResult.Unhealthy(error.Message);
            _last = new(now, result);
            return result;
        }
        catch (Exception error) when (error is OperationCanceledException or TimeoutException)
        {
            const string waiting = "The provider has not answered yet.";   // the request goes on, and the next probe waits for the same one
            return await HasSessionsAsync(now, CancellationToken.None) ? HealthCheckResult.Degraded(waiting) : HealthCheckResult.Unhealthy(waiting);
        }
    }

    private async Task<bool> HasSessionsAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        try
        {
            return (await store.CountAsync(now, cancellationToken)).Living > 0;
        }
        catch (StoreUnavailableException)
        {
            return false;   // the store's own check says it
        }
    }
}
