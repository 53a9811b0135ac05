using Bff.Providers;
using Bff.Providers.Named;
using Bff.Sessions;
using Bff.Sessions.Store;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Bff.Ops.Health;

/// <summary>
/// The provider's metadata was had once, so that users can sign in here. From then on an outage there does not make this node less ready than another one.
/// Until then a probe asks the provider, at most every few seconds however many come. While people are signed in who can be served without it, or can sign
/// in at another one, that only degrades.
/// </summary>
internal sealed class ProviderCheck(Provider provider, ProviderSet all, ISessionDirectory directory, TimeProvider clock) : IHealthCheck
{
    /// <summary>Of its check.</summary>
    public static string NameOf(string provider) => provider == ClientRegistration.DefaultName ? "provider" : $"provider:{provider}";

    public static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(5);

    /// <summary>An orchestrator waits a second.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(900);

    /// <summary>Of that, what is left to ask the store.</summary>
    private static readonly TimeSpan ProviderLimit = TimeSpan.FromMilliseconds(700);

    private sealed record Attempt(DateTimeOffset At, HealthCheckResult Result);

    private volatile Attempt? _last;

    private bool IsAnotherKnown => all.All.Any(other => other.Metadata.Known is not null);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (provider.Metadata.Known is not null) { return HealthCheckResult.Healthy(); }
        var now = clock.GetUtcNow();
        if (_last is { } last && (now - last.At).Duration() < RetryInterval && (last.Result.Status == HealthStatus.Degraded || !IsAnotherKnown))
        {
            return last.Result;
        }

        try
        {
            await provider.Metadata.GetConfigurationAsync(cancellationToken).WaitAsync(ProviderLimit, clock, cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (ProviderUnavailableException error)
        {
            return await JudgeAsync(now, $"Nobody can sign in: {error.Message}", error.Message);
        }
        catch (Exception error) when (error is OperationCanceledException or TimeoutException)
        {
            const string waiting = "The provider has not answered yet.";   // the request goes on, and the next probe waits for the same one
            return await JudgeAsync(now, waiting, waiting);
        }
    }

    private async Task<HealthCheckResult> JudgeAsync(DateTimeOffset now, string degraded, string unhealthy)
    {
        var hasUsers = IsAnotherKnown || await HasSessionsAsync(now, Limit - (clock.GetUtcNow() - now));
        var result = hasUsers ? HealthCheckResult.Degraded(degraded) : HealthCheckResult.Unhealthy(unhealthy);
        _last = new(now, result);
        return result;
    }

    /// <summary>One row is enough, and no probe waits for a count of all.</summary>
    private async Task<bool> HasSessionsAsync(DateTimeOffset now, TimeSpan limit)
    {
        try
        {
            var shortest = TimeSpan.FromMilliseconds(50);
            var found = directory.SearchAsync(SessionFilter.None, after: null, take: 1, now, CancellationToken.None);
            return (await found.WaitAsync(limit > shortest ? limit : shortest, clock)).Count > 0;
        }
        catch (Exception error) when (error is SessionStoreException or TimeoutException)
        {
            return false;   // the store's own check says it
        }
    }
}
