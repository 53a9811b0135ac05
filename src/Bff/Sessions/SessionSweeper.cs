namespace Bff.Sessions;

/// <summary>Deletes sessions past their idle or absolute end. They stopped working at that moment; this only frees the space.</summary>
internal sealed partial class SessionSweeper(ISessionStore store, SessionChanges changes, TimeProvider clock, ILogger<SessionSweeper> logger) : BackgroundService
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
            var ended = await store.RemoveEndedAsync(clock.GetUtcNow(), cancel);
            if (ended.Count == 0) { return; }
            Swept(ended.Count);
            foreach (var (reason, sessions) in ended.CountBy(session => session.Reason)) { changes.PublishSwept(reason, sessions); }
        }
        catch (StoreUnavailableException)
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

    [LoggerMessage(LogLevel.Error, "The store could not delete ended sessions; tried again in a minute.")]
    private partial void Failed(Exception error);
}
