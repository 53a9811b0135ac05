using Microsoft.Extensions.Options;

namespace Bff.Providers.Throttling;

/// <summary>
/// Who may call the provider in our client's name now: at most <c>MaxConcurrency</c> at once and this node's part of <c>MaxPerSecond</c> in any second, and
/// nobody while the circuit breaker is open. Whatever is no renewal has at most half of both, and its turn before the background's renewals, which keep the other half;
/// revocations come after sign-ins and have a quarter.
/// </summary>
internal sealed class TokenCallGate : IDisposable
{
    /// <summary>What the queue holds when it is full is let in within this time, unless the provider is slow.</summary>
    private static readonly TimeSpan WhenFull = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly CallQueue _queue = new();
    private readonly CircuitBreaker _breaker;
    private readonly CallShare _all;
    private readonly CallShare _half;
    private readonly CallShare _quarter;
    private readonly IOptionsMonitor<ThrottlingOptions> _options;
    private readonly CallSharing _sharing;
    private readonly ITimer _timer;
    private readonly IDisposable? _onChange;

    public TokenCallGate(IOptionsMonitor<ThrottlingOptions> options, TimeProvider clock, CallSharing? sharing = null)
    {
        (_options, _sharing) = (options, sharing ?? new());
        _breaker = new CircuitBreaker(clock);
        (_all, _half, _quarter) = (Share(1), Share(2), Share(4));
        _timer = clock.CreateTimer(_ => Pump(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _onChange = options.OnChange(_ => Pump());

        CallShare Share(double divisor) =>
            new(() => Math.Max(1, (int)(options.CurrentValue.MaxConcurrency / divisor)), () => PerSecond / divisor, clock);
    }

    /// <summary>Renewals under way.</summary>
    public int Running => _all.Running - _half.Running;

    /// <summary>Renewals that wait.</summary>
    public int Waiting => WaitingFor(CallKind.Renewal) + WaitingFor(CallKind.BackgroundRenewal);

    public int WaitingFor(CallKind kind) => _queue.Count(kind);

    public BreakerState State
    {
        get
        {
            lock (_lock) { return _breaker.State; }
        }
    }

    /// <summary>When the next renewal in the background may be the probe; null while the breaker is closed.</summary>
    public DateTimeOffset? NextProbeAt
    {
        get
        {
            lock (_lock) { return _breaker.OpenUntil; }
        }
    }

    /// <summary>Calls of one kind that may wait for a place in the share: two seconds' worth.</summary>
    private int MaxWaiting => (int)Math.Ceiling(PerSecond);

    /// <summary>This node's part, an equal one; at least one call, or a node would come to nothing where the limit is lower than the number of nodes.</summary>
    private double PerSecond => Math.Max(1, (double)_options.CurrentValue.MaxPerSecond / Math.Max(1, _sharing.Nodes()));

    /// <summary>
    /// Waits for a place. A call somebody waits for is told at once when the breaker is open (after five seconds a renewal may be the probe); the background
    /// waits until it closes.
    /// </summary>
    /// <returns>A permit, to be given back by <see cref="Leave"/>; or how long to wait before asking again.</returns>
    public Task<Admission> EnterAsync(CallKind kind, CancellationToken cancellationToken)
    {
        CallQueue.Waiter waiter;
        lock (_lock)
        {
            if (kind != CallKind.BackgroundRenewal && _breaker.Pause(onDemand: true) is var pause && pause > TimeSpan.Zero)
            {
                return Task.FromResult<Admission>(new(null, pause));
            }

            if (!IsRenewal(kind) && _queue.Count(kind) >= MaxWaiting) { return Task.FromResult<Admission>(new(null, WhenFull, Full: true)); }
            waiter = _queue.Add(kind);
        }

        if (cancellationToken.CanBeCanceled)
        {
            var registration = cancellationToken.Register(() => Withdraw(waiter, cancellationToken));
            waiter.Task.ContinueWith(_ => registration.Dispose(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        Pump();
        return waiter.Task;
    }

    /// <summary>Further places for the background, without waiting and only while nobody waits for one.</summary>
    public IReadOnlyList<Permit> TakeMore(int most)
    {
        var permits = new List<Permit>();
        lock (_lock)
        {
            while (permits.Count < most && _breaker.IsClosed && _queue.Count(CallKind.Renewal) == 0 && MayEnter(CallKind.BackgroundRenewal))
            {
                permits.Add(Admit(CallKind.BackgroundRenewal));
            }
        }

        return permits;
    }

    /// <param name="permit">What <see cref="EnterAsync"/> gave.</param>
    /// <param name="verdict">How the call ended.</param>
    /// <param name="retryAfter">What the provider asked for, if it did.</param>
    /// <returns>True when this opened the breaker, or kept it open.</returns>
    public bool Leave(Permit permit, CallVerdict verdict, TimeSpan? retryAfter = null)
    {
        var opened = false;
        lock (_lock)
        {
            GiveBack(permit, used: verdict != CallVerdict.NotMade);

            // Renewals alone move the breaker: a stranger decides what a sign-in sends, so neither its failure nor its success says anything about them.
            if (IsRenewal(permit.Kind))
            {
                switch (verdict)
                {
                    case CallVerdict.Answered: _breaker.Succeeded(permit.Probe); break;
                    case CallVerdict.Failed: opened = _breaker.Failed(permit.Probe, retryAfter); break;
                    case CallVerdict.NotMade: _breaker.Abandoned(permit.Probe); break;
                }
            }

            if (opened) { TellThoseWhoWait(); }
        }

        Pump();
        return opened;
    }

    private static bool IsRenewal(CallKind kind) => kind is CallKind.Renewal or CallKind.BackgroundRenewal;

    /// <summary>What a call counts against: whatever is no renewal against a part of its own, too.</summary>
    private CallShare[] SharesOf(CallKind kind) => kind switch
    {
        CallKind.SignIn => [_all, _half],
        CallKind.Revocation => [_all, _half, _quarter],
        _ => [_all],
    };

    private void TellThoseWhoWait()
    {
        var pause = _breaker.Pause(onDemand: true);
        foreach (var kind in Enum.GetValues<CallKind>().Where(kind => kind != CallKind.BackgroundRenewal))
        {
            foreach (var waiter in _queue.TakeAll(kind)) { waiter.TrySetResult(new(null, pause)); }
        }
    }

    private void Withdraw(CallQueue.Waiter waiter, CancellationToken cancellationToken)
    {
        lock (_lock) { _queue.Remove(waiter); }
        waiter.TrySetCanceled(cancellationToken);
    }

    /// <summary>Lets in whoever may come now, and sets the timer for those who may come later.</summary>
    private void Pump()
    {
        lock (_lock)
        {
            while (_queue.TakeFirst(MayEnter) is { } waiter)
            {
                var permit = Admit(waiter.Kind);
                if (waiter.TrySetResult(new(permit, TimeSpan.Zero))) { continue; }
                GiveBack(permit, used: false);
                _breaker.Abandoned(permit.Probe);
            }

            SetTimer();
        }
    }

    private bool MayEnter(CallKind kind) =>
        HasPlace(kind) && Array.TrueForAll(SharesOf(kind), share => share.UntilNext == TimeSpan.Zero)
        && (!IsRenewal(kind) || _breaker.Admits(onDemand: kind == CallKind.Renewal));

    /// <summary>Neither the number of calls nor a probe that is out stands in the way; else whoever leaves pumps again.</summary>
    private bool HasPlace(CallKind kind) =>
        Array.TrueForAll(SharesOf(kind), share => share.HasPlace) && (!IsRenewal(kind) || _breaker.IsClosed || !_breaker.IsProbing);

    private Permit Admit(CallKind kind)
    {
        foreach (var share in SharesOf(kind)) { share.Take(); }
        return new Permit(kind, Probe: IsRenewal(kind) && _breaker.Begin());
    }

    private void GiveBack(Permit permit, bool used)
    {
        foreach (var share in SharesOf(permit.Kind)) { share.GiveBack(used); }
    }

    private void SetTimer()
    {
        // A wait of zero counts, too: its time came after the queue was looked through, and nobody else may ever leave to look again.
        var waits = Enum.GetValues<CallKind>().Where(kind => _queue.Count(kind) > 0 && HasPlace(kind)).Select(UntilMayEnter).ToList();
        if (waits.Count > 0) { _timer.Change(waits.Min() + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan); }
    }

    private TimeSpan UntilMayEnter(CallKind kind)
    {
        var rate = SharesOf(kind).Max(share => share.UntilNext);
        var pause = IsRenewal(kind) ? _breaker.Pause(onDemand: kind == CallKind.Renewal) : TimeSpan.Zero;
        return rate > pause ? rate : pause;
    }

    public void Dispose()
    {
        _onChange?.Dispose();
        _timer.Dispose();
    }
}
