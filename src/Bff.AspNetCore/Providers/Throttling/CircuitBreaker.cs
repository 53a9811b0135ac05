namespace Bff.Providers.Throttling;

/// <summary>
/// After several failures in a row nobody calls the provider until one probe has found it well again (a circuit breaker across sessions).
/// Not thread-safe: <see cref="TokenCallGate"/> holds its lock around every member.
/// </summary>
internal sealed class CircuitBreaker(TimeProvider clock)
{
    /// <summary>Failures in a row, of any sessions, that open it.</summary>
    public const int Threshold = 5;

    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);

    /// <summary>A call somebody waits for may be the probe this soon.</summary>
    private static readonly TimeSpan MaxPauseOnDemand = TimeSpan.FromSeconds(5);

    private int _failures;
    private int _opened;
    private int _probed;
    private DateTimeOffset? _openUntil;
    private DateTimeOffset _openOnDemandUntil;
    private bool _probing;

    public bool IsClosed => _openUntil is null;

    public BreakerState State => _openUntil is not { } until ? BreakerState.Closed : clock.GetUtcNow() < until ? BreakerState.Open : BreakerState.HalfOpen;

    /// <summary>Until when the background leaves the provider alone; null while it is closed.</summary>
    public DateTimeOffset? OpenUntil => _openUntil;

    /// <summary>A probe is out: nobody else may be one.</summary>
    public bool IsProbing => _probing;

    /// <summary>How long until a call may be the probe; zero when it may now, or need not be one.</summary>
    /// <param name="onDemand">Somebody waits for it.</param>
    public TimeSpan Pause(bool onDemand)
    {
        if (_openUntil is not { } until) { return TimeSpan.Zero; }
        var left = (onDemand ? _openOnDemandUntil : until) - clock.GetUtcNow();
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    public bool Admits(bool onDemand) => IsClosed || (!_probing && Pause(onDemand) == TimeSpan.Zero);

    /// <returns>True when the call that begins now is the probe.</returns>
    public bool Begin() => _probing = !IsClosed;

    public void Succeeded(bool probe)
    {
        if (probe) { _probing = false; }
        (_failures, _opened, _probed, _openUntil) = (0, 0, 0, null);
    }

    /// <returns>True when this opened it, or kept it open.</returns>
    public bool Failed(bool probe, TimeSpan? retryAfter)
    {
        if (probe) { _probing = false; }
        if (!probe && (!IsClosed || ++_failures < Threshold)) { return false; }
        var now = clock.GetUtcNow();
        if (retryAfter is { } asked && asked > TimeSpan.Zero && asked < MaxPause)
        {
            (_openUntil, _openOnDemandUntil) = (now + asked, now + asked);
            return true;
        }

        _openOnDemandUntil = now + Jittered(_probed++, retryAfter is null ? MaxPauseOnDemand : MaxPause);

        // A probe for a waiter, before the background's time, does not put off the background's. They are never closer than two for waiters.
        if (!probe || now >= _openUntil) { _openUntil = now + Jittered(_opened++, MaxPause); }
        if (_openUntil < _openOnDemandUntil) { _openUntil = _openOnDemandUntil; }
        return true;
    }

    private static TimeSpan Jittered(int doublings, TimeSpan max) =>
        TimeSpan.FromSeconds(Math.Min(max.TotalSeconds, Math.Min(MaxPause.TotalSeconds, Math.Pow(2, doublings)) * (0.5 + (Random.Shared.NextDouble() / 2))));

    /// <summary>The call was not made; the next one may be the probe.</summary>
    public void Abandoned(bool probe)
    {
        if (probe) { _probing = false; }
    }
}
