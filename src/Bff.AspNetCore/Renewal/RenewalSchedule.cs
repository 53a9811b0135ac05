using Bff.Providers.Named;
using Bff.Providers.Throttling;
using Bff.Sessions;
using Bff.Sessions.Store;

namespace Bff.Renewal;

/// <summary>
/// One provider's renewals: sleeps until the earliest is due, also when a change makes one due earlier, and starts what is due. No two nodes wake together, and
/// none claims in a tight loop, so that they share the renewals evenly and a claim finds many (docs/decisions/0076).
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

    /// <summary>After a claim that left nothing due.</summary>
    private static readonly TimeSpan MinSleep = TimeSpan.FromMilliseconds(50);

    /// <summary>Up to this much longer, by chance: else the node nearest to the store, or the one whose clock is ahead, would be first each time.</summary>
    private static readonly TimeSpan MaxOversleep = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private TaskCompletionSource _earlier = NewSignal();

    /// <summary>The earliest due time known; what is due later needs no look.</summary>
    private DateTimeOffset _nextDue = DateTimeOffset.MaxValue;

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
                if (!await StartDueAsync(cancellationToken)) { await SleepAsync(cancellationToken); }
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
    /// <returns>Whether more may be due: there were as many as places.</returns>
    private async Task<bool> StartDueAsync(CancellationToken cancellationToken)
    {
        var permits = new Queue<Permit>();
        permits.Enqueue((await admission.EnterAsync(provider, CallKind.BackgroundRenewal, session: null, cancellationToken)).Permit!);
        foreach (var permit in provider.Gate.TakeMore(MaxBatch - 1)) { permits.Enqueue(permit); }
        try
        {
            var places = permits.Count;
            var (found, claimed) = await leases.ClaimDueAsync(provider.Name, places, cancellationToken);
            foreach (var lease in claimed)
            {
                var (session, permit) = (lease.Session, permits.Dequeue());
                var due = session.Tokens is { } tokens ? policy.NextDue(session.Id, tokens) : null;
                flights.Begin(new(session.Id, due?.Api), () => attempt.RunDueAsync(lease, permit, due?.Api, due?.At));
            }

            return found == places;
        }
        finally
        {
            foreach (var unused in permits) { provider.Gate.Leave(unused, CallVerdict.NotMade); }
        }
    }

    private async Task SleepAsync(CancellationToken cancellationToken)
    {
        var (began, oversleep) = (clock.GetTimestamp(), MaxOversleep * Random.Shared.NextDouble());
        lock (_lock) { _nextDue = DateTimeOffset.MaxValue; }
        Consider(await queue.NextDueAsync(provider.Name, clock.GetUtcNow(), cancellationToken));
        for (var isOver = false; !isOver;)
        {
            using var woken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var (left, earlier) = TimeLeft(began);
            var sleep = Task.Delay(left + oversleep, clock, woken.Token);
            isOver = await Task.WhenAny(sleep, earlier) == sleep;
            await woken.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <returns>Until the next renewal is due, within limits that a wall clock which is set does not move; and what ends when one is due earlier.</returns>
    private (TimeSpan Left, Task Earlier) TimeLeft(long began)
    {
        lock (_lock)
        {
            _earlier = NewSignal();
            var (slept, untilDue) = (clock.GetElapsedTime(began), _nextDue - clock.GetUtcNow());
            var left = untilDue < MaxSleep - slept ? untilDue : MaxSleep - slept;
            var least = slept < MinSleep ? MinSleep - slept : TimeSpan.Zero;
            return (left > least ? left : least, _earlier.Task);
        }
    }

    private void Consider(SessionChange change) => Consider(change.DueAt);

    private void Consider(DateTimeOffset? due)
    {
        lock (_lock)
        {
            if (due is null || due >= _nextDue) { return; }
            _nextDue = due.Value;
            _earlier.TrySetResult();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(LogLevel.Error, "The session store cannot be asked for due renewals; tried again in a second.")]
    private partial void StoreFailed(Exception error);
}
