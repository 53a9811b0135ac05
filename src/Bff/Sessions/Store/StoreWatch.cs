namespace Bff.Sessions.Store;

/// <summary>
/// Looks every second whether a store that is away is back: nobody else does while the breaker is open. A store that was not there at the start is prepared
/// when it comes.
/// </summary>
internal sealed partial class StoreWatch(
    ISessionStore store, StoreHealth health, StorePreparation preparation, TimeProvider clock, ILogger<StoreWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(Interval, clock);
        try
        {
            while (await tick.WaitForNextTickAsync(stoppingToken))
            {
                if (!preparation.IsDone) { await Task.Run(preparation.TryAgain, stoppingToken); }
                else if (health.IsAway) { await Task.WhenAll(TryAsync(store.ProbeReadAsync, stoppingToken), TryAsync(store.ProbeWriteAsync, stoppingToken)); }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    private async Task TryAsync(Func<CancellationToken, Task> probe, CancellationToken cancellationToken)
    {
        await Task.Yield();   // SQLite works on the caller's thread
        try
        {
            await probe(cancellationToken);
        }
        catch (SessionStoreException)
        {
            // StoreHealth has said it.
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            Failed(error);   // a hosted service that throws stops the process
        }
    }

    [LoggerMessage(LogLevel.Error, "The session store could not be looked at; tried again in a second.")]
    private partial void Failed(Exception error);
}
