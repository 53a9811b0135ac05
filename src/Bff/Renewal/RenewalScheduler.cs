using System.Data.Common;
using Bff.Sessions;

namespace Bff.Renewal;

/// <summary>Sleeps until the earliest renewal is due, or until a change makes one due earlier, and starts what is due.</summary>
internal sealed partial class RenewalScheduler(Renewer renewer, ISessionStore store, SessionChanges changes, TimeProvider clock, ILogger<RenewalScheduler> logger)
    : BackgroundService
{
    /// <summary>Looks at the index at least this often: other processes may share the store, and a wall clock may be set.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan AfterStoreFailure = TimeSpan.FromSeconds(1);

    /// <summary>What is due but cannot be claimed (another node just did) is not asked for in a tight loop.</summary>
    private static readonly TimeSpan ShortestSleep = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset _sleepsUntil = DateTimeOffset.MaxValue;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        changes.Published += Consider;
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                try
                {
                    if (await renewer.StartDueAsync(stoppingToken) == 0) { await SleepAsync(stoppingToken); }
                }
                catch (DbException error)
                {
                    StoreFailed(error);
                    await Task.Delay(AfterStoreFailure, clock, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Asked to stop; what is in flight is drained below.
        }
        finally
        {
            changes.Published -= Consider;
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await renewer.DrainAsync().WaitAsync(cancellationToken);
    }

    private async Task SleepAsync(CancellationToken cancel)
    {
        Task wake;
        lock (_gate)
        {
            // Any change from here on wakes us, until we know what to wait for.
            _wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _sleepsUntil = DateTimeOffset.MaxValue;
            wake = _wake.Task;
        }

        var now = clock.GetUtcNow();
        var due = await store.NextDueAsync(now, cancel) ?? DateTimeOffset.MaxValue;
        var until = due < now + LongestSleep ? due : now + LongestSleep;
        lock (_gate) { _sleepsUntil = until; }

        using var awake = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await Task.WhenAny(wake, Task.Delay(until - now > ShortestSleep ? until - now : ShortestSleep, clock, awake.Token));
        await awake.CancelAsync();
        cancel.ThrowIfCancellationRequested();
    }

    private void Consider(SessionChange change)
    {
        lock (_gate)
        {
            if (change.DueAt < _sleepsUntil) { _wake.TrySetResult(); }
        }
    }

    [LoggerMessage(LogLevel.Error, "The session store cannot be asked for due renewals; tried again in a second.")]
    private partial void StoreFailed(Exception error);
}
