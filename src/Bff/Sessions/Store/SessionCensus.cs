using Microsoft.AspNetCore.DataProtection.KeyManagement;

namespace Bff.Sessions.Store;

/// <summary>Looks at what no event tells, for the metrics: how many sessions there are, and how old the key is that seals their tokens.</summary>
internal sealed partial class SessionCensus(ISessionStore store, SessionMetrics metrics, IKeyManager keys, TimeProvider clock, ILogger<SessionCensus> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(Every, clock);
        try
        {
            do { await LookAsync(stoppingToken); }
            while (await tick.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    private async Task LookAsync(CancellationToken cancel)
    {
        try
        {
            var now = clock.GetUtcNow();
            metrics.Counted(await store.CountAsync(now, cancel));
            var inUse = keys.GetAllKeys().Where(key => !key.IsRevoked && key.ActivationDate <= now).MaxBy(key => key.ActivationDate);
            metrics.KeyIs(inUse is null ? null : now - inUse.CreationDate);
        }
        catch (SessionStoreException)
        {
            // StoreHealth has said it; tried again in half a minute.
        }
        catch (Exception error) when (!cancel.IsCancellationRequested)
        {
            Failed(error.GetBaseException().Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Sessions or keys could not be counted ({Reason}); tried again in half a minute.")]
    private partial void Failed(string reason);
}
