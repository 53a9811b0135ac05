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
        var timer = base.CreateTimer(callback, state, dueTime, period);
        lock (_gate) { _started[dueTime] = _started.GetValueOrDefault(dueTime) + 1; }
        return period == Timeout.InfiniteTimeSpan ? new Sleeper(this, timer) : timer;
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

    private sealed class Sleeper : ITimer
    {
        private readonly TestClock _clock;
        private readonly ITimer _timer;
        private int _disposed;

        public Sleeper(TestClock clock, ITimer timer)
        {
            (_clock, _timer) = (clock, timer);
            Interlocked.Increment(ref _clock._sleepers);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => _timer.Change(dueTime, period);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0) { Interlocked.Decrement(ref _clock._sleepers); }
            _timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
