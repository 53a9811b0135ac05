using Microsoft.Extensions.Options;

namespace Bff.Renewal;

/// <summary>How a call that was let in ended.</summary>
internal enum CallVerdict
{
    /// <summary>The provider answered, whatever it said.</summary>
    Answered,

    /// <summary>No usable answer.</summary>
    Failed,

    /// <summary>It was not made after all.</summary>
    NotMade,
}

internal enum BreakerState
{
    Closed = 0,
    HalfOpen = 1,
    Open = 2,
}

/// <summary>
/// Who may call the token endpoint now: at most <c>MaxConcurrency</c> at once and <c>MaxPerSecond</c> in any second, calls somebody waits for before
/// the background's. After several failures in a row nobody, until one probe has found the provider well again (a circuit breaker across sessions).
/// </summary>
internal sealed class TokenCallGate : IDisposable
{
    /// <summary>Failures in a row, of any sessions, that open the breaker.</summary>
    private const int Threshold = 5;

    private static readonly TimeSpan LongestOpen = TimeSpan.FromSeconds(30);

    /// <summary>A call somebody waits for may be the probe this soon.</summary>
    private static readonly TimeSpan LongestOpenOnDemand = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Queue<Waiter> _urgent = new();
    private readonly Queue<Waiter> _background = new();
    private readonly IOptionsMonitor<RenewalOptions> _options;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private readonly IDisposable? _onChange;

    private int _running;
    private double _bucket;
    private long _refilledAt;
    private int _failures;
    private int _opened;
    private DateTimeOffset? _openUntil;
    private DateTimeOffset _openOnDemandUntil;
    private bool _probing;

    public TokenCallGate(IOptionsMonitor<RenewalOptions> options, TimeProvider clock)
    {
        (_options, _clock) = (options, clock);
        _bucket = Capacity;
        _refilledAt = clock.GetTimestamp();
        _timer = clock.CreateTimer(_ => Pump(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _onChange = options.OnChange(_ => Pump());
    }

    /// <summary>What may come at once.</summary>
    private double Capacity => Math.Max(1, MaxPerSecond / 20.0);

    /// <summary>
    /// What may come at once is taken off what flows in, so that no second sees more than the limit. A tenth stays free: calls let in one after the other may
    /// leave together, since each writes its claim to the store in between.
    /// </summary>
    private double RefillPerSecond => Math.Max((0.9 * MaxPerSecond) - Capacity, MaxPerSecond / 2.0);

    private int MaxPerSecond => _options.CurrentValue.MaxPerSecond;

    public int Running => _running;

    public int Waiting => _urgent.Count + _background.Count;

    public BreakerState State
    {
        get
        {
            lock (_lock) { return _openUntil is not { } until ? BreakerState.Closed : _clock.GetUtcNow() < until ? BreakerState.Open : BreakerState.HalfOpen; }
        }
    }

    /// <summary>Waits for a place. A call somebody waits for is told at once when the breaker is open (after five seconds it may be the probe); the background waits until it closes.</summary>
    /// <returns>A permit, to be given back by <see cref="Leave"/>; or how long to wait before asking again.</returns>
    public Task<Admission> EnterAsync(bool urgent, CancellationToken cancel)
    {
        var waiter = new Waiter(cancel);
        lock (_lock)
        {
            if (urgent && _openUntil is not null && _openOnDemandUntil - _clock.GetUtcNow() is var left && left > TimeSpan.Zero) { return Task.FromResult<Admission>(new(null, left)); }
            (urgent ? _urgent : _background).Enqueue(waiter);
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
            while (permits.Count < most && _openUntil is null && _urgent.Count == 0 && HasPlace()) { permits.Add(Admit()); }
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
            _running--;
            if (permit.Probe) { _probing = false; }
            switch (verdict)
            {
                case CallVerdict.Answered:
                    (_failures, _opened, _openUntil) = (0, 0, null);
                    break;
                case CallVerdict.Failed when permit.Probe || (_openUntil is null && ++_failures >= Threshold):
                    Open(retryAfter);
                    opened = true;
                    break;
                case CallVerdict.NotMade:
                    _bucket = Math.Min(Capacity, _bucket + 1);
                    break;
            }
        }

        Pump();
        return opened;
    }

    private void Open(TimeSpan? retryAfter)
    {
        var exponential = Math.Min(LongestOpen.TotalSeconds, Math.Pow(2, _opened++));
        var pause = retryAfter is { } asked && asked > TimeSpan.Zero && asked < LongestOpen ? asked : TimeSpan.FromSeconds(exponential * (0.5 + (Random.Shared.NextDouble() / 2)));
        var pauseOnDemand = retryAfter is null && pause > LongestOpenOnDemand ? LongestOpenOnDemand : pause;
        (_openUntil, _openOnDemandUntil) = (_clock.GetUtcNow() + pause, _clock.GetUtcNow() + pauseOnDemand);
        while (_urgent.TryDequeue(out var waiter)) { waiter.TrySetResult(new(null, pauseOnDemand)); }
    }

    /// <summary>Lets in whoever may come now, and sets the timer for those who may come later.</summary>
    private void Pump()
    {
        lock (_lock)
        {
            while (Next() is { } queue)
            {
                if (!IsBreakerPassable(queue == _urgent) || !HasPlace())
                {
                    SetTimer();
                    return;
                }

                var permit = Admit();
                if (!queue.Dequeue().TrySetResult(new(permit, TimeSpan.Zero)))
                {
                    _running--;
                    _bucket++;
                    if (permit.Probe) { _probing = false; }
                }
            }
        }
    }

    private Queue<Waiter>? Next() => _urgent.Count > 0 ? _urgent : _background.Count > 0 ? _background : null;

    private bool IsBreakerPassable(bool urgent) =>
        _openUntil is not { } until || (!_probing && _clock.GetUtcNow() >= (urgent ? _openOnDemandUntil : until));

    private bool HasPlace()
    {
        var now = _clock.GetTimestamp();
        _bucket = Math.Min(Capacity, _bucket + (_clock.GetElapsedTime(_refilledAt, now).TotalSeconds * RefillPerSecond));
        _refilledAt = now;
        return _running < _options.CurrentValue.MaxConcurrency && _bucket >= 1;
    }

    private Permit Admit()
    {
        _running++;
        _bucket--;
        return new Permit(Probe: _probing = _openUntil is not null);
    }

    private void SetTimer()
    {
        // Without a place because of the number of calls, or with a probe out: whoever leaves pumps again.
        var wait = TimeSpan.Zero;
        if (_openUntil is { } until && !_probing) { wait = until - _clock.GetUtcNow(); }
        if (_bucket < 1 && TimeSpan.FromSeconds((1 - _bucket) / RefillPerSecond) is var drop && drop > wait) { wait = drop; }
        if (wait > TimeSpan.Zero) { _timer.Change(wait + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan); }
    }

    public void Dispose()
    {
        _onChange?.Dispose();
        _timer.Dispose();
    }

    private sealed class Waiter : TaskCompletionSource<Admission>
    {
        public Waiter(CancellationToken cancel)
            : base(TaskCreationOptions.RunContinuationsAsynchronously)
        {
            if (cancel.CanBeCanceled) { cancel.Register(() => TrySetCanceled(cancel)); }
        }
    }
}

/// <param name="Probe">The one call that finds out whether the provider is well again.</param>
internal sealed record Permit(bool Probe);

/// <param name="Permit">Null when the breaker is open.</param>
/// <param name="RetryAfter">Then, when to ask again.</param>
internal readonly record struct Admission(Permit? Permit, TimeSpan RetryAfter);
