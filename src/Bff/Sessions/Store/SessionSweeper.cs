using Bff.Sessions.Keys;

namespace Bff.Sessions.Store;

/// <summary>
/// Deletes sessions past their idle or absolute end. They stopped working at that moment; this only frees the space. And ends those that a node sealed with a
/// revoked key before it knew: whoever has the key can read their tokens.
/// </summary>
internal sealed partial class SessionSweeper(ISessionStore store, LiveKeys keys, SessionChanges changes, TimeProvider clock, ILogger<SessionSweeper> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(Every, clock);
        try
        {
            do { await SweepAsync(stoppingToken); }
            while (await tick.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    private async Task SweepAsync(CancellationToken cancel)
    {
        try
        {
            foreach (var key in keys.RevokedLately)
            {
                if (await store.RemoveSealedWithAsync(key, EndReasons.EndedByAdmin, cancel) is { Count: > 0 and var late }) { SealedLate(late, key); }
            }

            var ended = await store.RemoveEndedAsync(clock.GetUtcNow(), cancel);
            if (ended.Count == 0) { return; }
            Swept(ended.Count);
            foreach (var (reason, sessions) in ended.CountBy(session => session.Reason)) { changes.PublishSwept(reason, sessions); }
        }
        catch (SessionStoreException)
        {
            // StoreHealth has said it; tried again in a minute.
        }
        catch (Exception error) when (!cancel.IsCancellationRequested)
        {
            Failed(error);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Count} sessions ended: idle or absolute timeout.")]
    private partial void Swept(int count);

    [LoggerMessage(LogLevel.Information, "{Count} sessions ended that were sealed with the revoked key {Key}.")]
    private partial void SealedLate(int count, Guid key);

    [LoggerMessage(LogLevel.Error, "The store could not delete ended sessions; tried again in a minute.")]
    private partial void Failed(Exception error);
}
