namespace Bff.Sessions.Store;

/// <summary>Carries session changes between the nodes that share the store.</summary>
internal sealed class SessionChangeCarrier(SessionStorage storage, SessionChanges changes, TimeProvider clock, ILoggerFactory loggers) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => storage.CarryChangesAsync(changes, clock, loggers, stoppingToken);
}
