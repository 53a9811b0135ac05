using Microsoft.Extensions.Time.Testing;

namespace Bff.HostTests;

/// <summary>The world's clock: stands still until a test moves it, and knows who waits for what.</summary>
/// <remarks>Starts at the real time, because a few checks of the framework (nonce, key ring) look at the real clock.</remarks>
internal sealed class TestClock() : FakeTimeProvider(TimeProvider.System.GetUtcNow())
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TimeSpan, int> _started = [];
    private int _sleepers;

    public DateTimeOffset Now => GetUtcNow();

    /// <summary>Waits under way that end once; periodic ticks do not count.</summary>
    public int Sleepers => Volatile.Read(ref _sleepers);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (period != Timeout.InfiniteTimeSpan) { return base.CreateTimer(callback, state, dueTime, period); }
        var sleeper = new Sleeper(this, callback, state);
        sleeper.Timer = base.CreateTimer(_ => sleeper.WakeUp(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        sleeper.Change(dueTime, period);
        lock (_gate) { _started[dueTime] = _started.GetValueOrDefault(dueTime) + 1; }
        return sleeper;
    }

    /// <summary>Runs <paramref name="act"/> and returns when somebody has begun to wait for exactly this long because of it.</summary>
    public async Task<T> StartsWaitAsync<T>(TimeSpan dueTime, Func<T> act)
    {
        var before = Started(dueTime);
        var result = act();
        await Eventually.HappensAsync(() => Started(dueTime) > before, $"a timer of {dueTime}");
        return result;
    }

    private int Started(TimeSpan dueTime)
    {
        lock (_gate) { return _started.GetValueOrDefault(dueTime); }
    }

    private sealed class Sleeper(TestClock clock, TimerCallback callback, object? state) : ITimer
    {
        private int _asleep;

        public ITimer? Timer { get; set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Become(asleep: dueTime != Timeout.InfiniteTimeSpan);
            return Timer!.Change(dueTime, period);
        }

        public void WakeUp()
        {
            Become(asleep: false);
            callback(state);
        }

        public void Dispose()
        {
            Become(asleep: false);
            Timer!.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Become(bool asleep)
        {
            var now = asleep ? 1 : 0;
            Interlocked.Add(ref clock._sleepers, now - Interlocked.Exchange(ref _asleep, now));
        }
    }
}
