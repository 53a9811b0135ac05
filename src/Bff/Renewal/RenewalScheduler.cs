using Bff.Sessions;
using Bff.Sessions.Store;

namespace Bff.Renewal;

/// <summary>Sleeps until the earliest renewal is due, or until a change makes one due earlier, and starts what is due.</summary>
internal sealed partial class RenewalScheduler(
    Renewer renewer, IRenewalQueue queue, SessionChanges changes, TimeProvider clock, ILogger<RenewalScheduler> logger)
    : BackgroundService, IHostedLifecycleService
{
    /// <summary>Looks at the index at least this often: other processes may share the store, and a wall clock may be set.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan AfterStoreFailure = TimeSpan.FromSeconds(1);

    /// <summary>What is due but cannot be claimed (another node just did) is not asked for in a tight loop.</summary>
    private static readonly TimeSpan ShortestSleep = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _noMore = new();
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset _sleepsUntil = DateTimeOffset.MaxValue;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, _noMore.Token);
        changes.Published += Consider;
        try
        {
            await RenewAsync(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to stop; what is in flight is drained below.
        }
        finally
        {
            changes.Published -= Consider;
        }
    }

    private async Task RenewAsync(CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                if (await renewer.StartDueAsync(cancel) == 0) { await SleepAsync(cancel); }
            }
            catch (SessionStoreException)
            {
                // StoreHealth has said it, and whoever starts what is due waits until the store is back; if it is not away, it refused this one statement.
                await Task.Delay(AfterStoreFailure, clock, cancel);
            }
            catch (Exception error) when (!cancel.IsCancellationRequested)
            {
                StoreFailed(error);
                await Task.Delay(AfterStoreFailure, clock, cancel);
            }
        }
    }

    /// <summary>Before the server stops listening: an open stream may take up all the time a shutdown has, and new tokens must be stored by then.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _noMore.CancelAsync();
        await renewer.DrainAsync();
    }

    /// <summary>Once more for renewals that the last requests asked for.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await renewer.DrainAsync();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Dispose()
    {
        _noMore.Dispose();
        base.Dispose();
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
        var due = await queue.NextDueAsync(now, cancel) ?? DateTimeOffset.MaxValue;
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
