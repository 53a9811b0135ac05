using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Bff.Ops.Health;

/// <summary>
/// When asked to stop, Bff is no longer ready but keeps serving and renewing until load balancers have noticed. Each response closes its connection, so that
/// none is idle, and about to be used again, when all are closed; near the end nobody new is let in. Services are stopped in the reverse order of their
/// registration, and this one is registered last, so its wait comes before anything else ends.
/// </summary>
internal sealed partial class Drain : IHostedLifecycleService, IHealthCheck
{
    /// <summary>Nobody new is let in for a fifth of the drain at its end, and for no longer than this.</summary>
    private static readonly TimeSpan MaxClosed = TimeSpan.FromSeconds(1);

    private readonly IOptionsMonitor<OpsOptions> _options;
    private readonly IHostEnvironment _environment;
    private readonly ListenSockets _sockets;
    private readonly TimeProvider _clock;
    private readonly ILogger<Drain> _logger;
    private readonly Func<object, Task> _closeIfDraining;
    private bool _draining;

    public Drain(IOptionsMonitor<OpsOptions> options, IHostEnvironment environment, ListenSockets sockets, TimeProvider clock, ILogger<Drain> logger)
    {
        (_options, _environment, _sockets, _clock, _logger) = (options, environment, sockets, clock, logger);
        _closeIfDraining = CloseIfDraining;
    }

    /// <summary>A step of the pipeline, before all others.</summary>
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        context.Response.OnStarting(_closeIfDraining, context);   // a call that was under way when the drain began counts, too
        return next(context);
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Volatile.Read(ref _draining) ? HealthCheckResult.Unhealthy("Bff is stopping.") : HealthCheckResult.Healthy());

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        var wait = _options.CurrentValue.EffectiveDrain(_environment);
        if (Interlocked.Exchange(ref _draining, true) || wait == TimeSpan.Zero) { return; }
        Draining(wait);
        var closed = wait / 5 < MaxClosed ? wait / 5 : MaxClosed;
        await WaitAsync(wait - closed, cancellationToken);
        await _sockets.CloseAsync(cancellationToken);
        await WaitAsync(closed, cancellationToken);
    }

    private Task CloseIfDraining(object state)
    {
        if (!Volatile.Read(ref _draining)) { return Task.CompletedTask; }
        var context = (HttpContext)state;
        if (!HttpProtocol.IsHttp11(context.Request.Protocol) && !HttpProtocol.IsHttp10(context.Request.Protocol))
        {
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();   // GOAWAY; the streams that are open end in their own time
        }
        else if (context.Response.StatusCode != StatusCodes.Status101SwitchingProtocols)
        {
            context.Response.Headers.Connection = "close";
        }

        return Task.CompletedTask;
    }

    /// <summary>Out of time: then without.</summary>
    private async Task WaitAsync(TimeSpan wait, CancellationToken cancellationToken) =>
        await Task.Delay(wait, _clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(LogLevel.Information, "Stopping: not ready any more, serving for another {Wait}.")]
    private partial void Draining(TimeSpan wait);
}
