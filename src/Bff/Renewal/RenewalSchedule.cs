using Bff.Providers.Named;
using Bff.Providers.Throttling;
using Bff.Sessions;
using Bff.Sessions.Store;

namespace Bff.Renewal;

/// <summary>
/// One provider's renewals: sleeps until the earliest is due, or until a change makes one due earlier, and starts what is due.
/// </summary>
internal sealed partial class RenewalSchedule(
    Provider provider, RenewalAdmission admission, RenewalLeases leases, RenewalPolicy policy, RenewalFlights flights, RenewalAttempt attempt,
    IRenewalQueue queue, SessionChanges changes, TimeProvider clock, ILogger<RenewalSchedule> logger)
{
    /// <summary>Due sessions claimed by one statement, at most.</summary>
    private const int MaxBatch = 64;

    /// <summary>
    /// Looks at the index at least this often: a wall clock may be set, other processes may share the store, and what they say may be lost. Less than what is
    /// left of a token when its renewal is due (<c>Bff:Renewal:Lead</c>, a minute by default), so nobody waits for what is noticed only then.
    /// </summary>
    private static readonly TimeSpan MaxSleep = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan AfterStoreFailure = TimeSpan.FromSeconds(1);

    /// <summary>What is due but cannot be claimed (another node just did) is not asked for in a tight loop.</summary>
    private static readonly TimeSpan MinSleep = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset _sleepsUntil = DateTimeOffset.MaxValue;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        changes.Published += Consider;
        try
        {
            await RenewAsync(cancellationToken);
        }
        finally
        {
            changes.Published -= Consider;
        }
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (await StartDueAsync(cancellationToken) == 0) { await SleepAsync(cancellationToken); }
            }
            catch (Exception error) when (error is SessionStoreException || !cancellationToken.IsCancellationRequested)
            {
                // A store that is away was logged by StoreHealth, and is waited for; one that is not refused this one statement.
                if (error is not SessionStoreException) { StoreFailed(error); }
                await Task.Delay(AfterStoreFailure, clock, cancellationToken);
            }
        }
    }

    /// <summary>Claims due sessions, as many as there are places for, and begins their renewals.</summary>
    /// <returns>How many were due; when it is 0 there is nothing to do until the next due time.</returns>
    private async Task<int> StartDueAsync(CancellationToken cancellationToken)
    {
        var permits = new Queue<Permit>();
        permits.Enqueue((await admission.EnterAsync(provider, CallKind.BackgroundRenewal, session: null, cancellationToken)).Permit!);
        foreach (var permit in provider.Gate.TakeMore(MaxBatch - 1)) { permits.Enqueue(permit); }
        try
        {
            var (due, claimed) = await leases.ClaimDueAsync(provider.Name, permits.Count, cancellationToken);
            foreach (var lease in claimed)
            {
                var (session, permit) = (lease.Session, permits.Dequeue());
                flights.Begin(session.Id, () => attempt.RunAsync(lease, permit, session.Tokens is { } tokens ? policy.DueAt(session.Id, tokens) : null));
            }

            return due;
        }
        finally
        {
            foreach (var unused in permits) { provider.Gate.Leave(unused, CallVerdict.NotMade); }
        }
    }

    private async Task SleepAsync(CancellationToken cancellationToken)
    {
        Task wake;
        lock (_lock)
        {
            // Any change from here on wakes us, until we know what to wait for.
            _wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _sleepsUntil = DateTimeOffset.MaxValue;
            wake = _wake.Task;
        }

        var now = clock.GetUtcNow();
        var due = await queue.NextDueAsync(provider.Name, now, cancellationToken) ?? DateTimeOffset.MaxValue;
        var until = due < now + MaxSleep ? due : now + MaxSleep;
        lock (_lock) { _sleepsUntil = until; }

        using var awake = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(wake, Task.Delay(until - now > MinSleep ? until - now : MinSleep, clock, awake.Token));
        await awake.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private void Consider(SessionChange change)
    {
        lock (_lock)
        {
            if (change.DueAt < _sleepsUntil) { _wake.TrySetResult(); }
        }
    }

    [LoggerMessage(LogLevel.Error, "The session store cannot be asked for due renewals; tried again in a second.")]
    private partial void StoreFailed(Exception error);
}
