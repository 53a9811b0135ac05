using Bff.Hosting;

namespace Bff.Sessions.Store;

/// <summary>
/// Looks every second whether a store that is away is back: nobody else does while the breaker is open. A store that was not there at the start is prepared
/// when it comes.
/// </summary>
internal sealed class StoreWatch(
    ISessionStore store, StoreHealth health, StorePreparation preparation, TimeProvider clock, ILogger<StoreWatch> logger)
    : PeriodicService(Interval, clock, logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // SQLite works on the caller's thread.
    protected override Task RunAsync(CancellationToken cancellationToken)
    {
        if (!preparation.IsDone) { return Task.Run(preparation.TryAgain, cancellationToken); }
        return health.IsAway
            ? Task.WhenAll(
                Task.Run(() => store.ProbeReadAsync(cancellationToken), cancellationToken),
                Task.Run(() => store.ProbeWriteAsync(cancellationToken), cancellationToken))
            : Task.CompletedTask;
    }
}
