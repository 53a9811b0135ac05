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
            ? Task.WhenAll(ProbeAsync(store.ProbeReadAsync, cancellationToken), ProbeAsync(store.ProbeWriteAsync, cancellationToken))
            : Task.CompletedTask;
    }

    private static Task ProbeAsync(Func<CancellationToken, Task> probe, CancellationToken cancellationToken) => Task.Run(
        async () =>
        {
            try
            {
                await probe(cancellationToken);
            }
            catch (SessionStoreException)
            {
                // StoreHealth tells of it. Thrown, it would hide what else may be wrong with the other probe.
            }
        },
        cancellationToken);
}
