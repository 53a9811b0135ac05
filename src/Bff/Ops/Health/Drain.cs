using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Bff.Ops.Health;

/// <summary>
/// Asked to stop, Bff is not ready any more but goes on answering, and renewing, until load balancers have noticed. Services are stopped in the reverse order of
/// their registration, and this one is registered last, so its wait comes before anything else ends.
/// </summary>
internal sealed partial class Drain(IOptionsMonitor<OpsOptions> options, IHostEnvironment environment, TimeProvider clock, ILogger<Drain> logger)
    : IHostedLifecycleService, IHealthCheck
{
    private bool _draining;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Volatile.Read(ref _draining) ? HealthCheckResult.Unhealthy("Bff is stopping.") : HealthCheckResult.Healthy());

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        var wait = options.CurrentValue.EffectiveDrain(environment);
        if (Interlocked.Exchange(ref _draining, true) || wait == TimeSpan.Zero) { return; }
        Draining(wait);
        await Task.Delay(wait, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);   // out of time: then without
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(LogLevel.Information, "Stopping: not ready any more, answering for another {Wait}.")]
    private partial void Draining(TimeSpan wait);
}
