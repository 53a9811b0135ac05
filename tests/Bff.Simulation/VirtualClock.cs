namespace Bff.Simulation;

/// <summary>
/// A clock that jumps from one timer to the next. Timers fire at whole milliseconds, as the system's do, on the thread that moves the clock: whatever goes on
/// from there without waiting has happened when <see cref="MoveOn"/> returns.
/// </summary>
internal sealed class VirtualClock(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly PriorityQueue<(Timer Timer, int Setting), (long At, long Order)> _timers = new();
    private readonly List<Timer> _ripe = [];
    private long _now, _order;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public TimeSpan Elapsed => TimeSpan.FromTicks(Volatile.Read(ref _now));

    public override long GetTimestamp() => Volatile.Read(ref _now);

    public override DateTimeOffset GetUtcNow() => start.AddTicks(Volatile.Read(ref _now));

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        CreateTimer(callback, state, dueTime, period, isAlive: null);

    /// <param name="isAlive">A timer of a process that is gone never fires.</param>
    public ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period, Func<bool>? isAlive)
    {
        var timer = new Timer(this, callback, state, isAlive);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Goes to the next timers and fires them.</summary>
    /// <returns>False when there is none up to <paramref name="end"/>, where the clock stands then.</returns>
    public bool MoveOn(TimeSpan end)
    {
        lock (_lock)
        {
            var at = -1L;
            while (_timers.TryPeek(out var next, out var key))
            {
                if (next.Timer.Setting != next.Setting) { _timers.Dequeue(); continue; }
                if (at < 0 && key.At > end.Ticks) { break; }
                if (at >= 0 && key.At > at) { break; }
                at = key.At;
                _timers.Dequeue();
                _ripe.Add(next.Timer);
            }

            if (at < 0)
            {
                Volatile.Write(ref _now, end.Ticks);
                return false;
            }

            Volatile.Write(ref _now, Math.Max(at, _now));
        }

        foreach (var timer in _ripe) { timer.Fire(); }
        _ripe.Clear();
        return true;
    }

    private sealed class Timer(VirtualClock clock, TimerCallback callback, object? state, Func<bool>? isAlive) : ITimer
    {
        private TimerCallback? _callback = callback;
        private object? _state = state;
        private TimeSpan _period;

        /// <summary>Counts how often it was set; what was set before is no longer.</summary>
        public int Setting { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._lock)
            {
                if (_callback is null) { return false; }
                (_period, Setting) = (period, Setting + 1);
                if (dueTime < TimeSpan.Zero) { return true; }
                var at = clock._now + dueTime.Ticks + TimeSpan.TicksPerMillisecond - 1;
                clock._timers.Enqueue((this, Setting), (at - (at % TimeSpan.TicksPerMillisecond), clock._order++));
                return true;
            }
        }

        public void Fire()
        {
            var (callback, state) = (_callback, _state);
            if (callback is null || isAlive?.Invoke() == false) { return; }
            if (_period > TimeSpan.Zero) { Change(_period, _period); }
            callback(state);
        }

        public void Dispose()
        {
            lock (clock._lock) { (_callback, _state, Setting) = (null, null, Setting + 1); }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
