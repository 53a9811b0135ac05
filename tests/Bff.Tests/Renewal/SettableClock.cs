using Microsoft.Extensions.Time.Testing;

namespace Bff.Tests.Renewal;

/// <summary>A machine's clocks: the wall clock can be set in either direction, timers and timestamps only go on.</summary>
internal sealed class SettableClock(DateTimeOffset start) : TimeProvider
{
    private readonly FakeTimeProvider _steady = new(start);
    private long _offset;

    public override long TimestampFrequency => _steady.TimestampFrequency;

    public void Advance(TimeSpan by) => _steady.Advance(by);

    public void Set(TimeSpan by) => Interlocked.Add(ref _offset, by.Ticks);

    public override DateTimeOffset GetUtcNow() => _steady.GetUtcNow().AddTicks(Interlocked.Read(ref _offset));

    public override long GetTimestamp() => _steady.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _steady.CreateTimer(callback, state, dueTime, period);
}
