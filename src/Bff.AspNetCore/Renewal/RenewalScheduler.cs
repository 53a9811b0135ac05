using Bff.Providers.Named;

namespace Bff.Renewal;

/// <summary>Renews what is due in the background, each provider's sessions on their own: one that is down or busy holds up no other's.</summary>
internal sealed class RenewalScheduler(ProviderSet providers, RenewalLeases leases, RenewalFlights flights, IServiceProvider services)
    : BackgroundService, IHostedLifecycleService
{
    private readonly CancellationTokenSource _noMore = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, _noMore.Token);
        await Task.WhenAll(providers.All.Select(provider => ActivatorUtilities.CreateInstance<RenewalSchedule>(services, provider).RunAsync(stop.Token)));
    }

    /// <summary>Before the server stops listening: an open stream may take up all the time a shutdown has, and new tokens must be stored by then.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _noMore.CancelAsync();
        await flights.DrainAsync(leases.Duration);
    }

    /// <summary>Once more for renewals that the last requests asked for.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await flights.DrainAsync(leases.Duration);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Dispose()
    {
        _noMore.Dispose();
        base.Dispose();
    }
}
