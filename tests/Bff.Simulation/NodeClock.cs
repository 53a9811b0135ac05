namespace Bff.Simulation;

/// <summary>The clock as one process has it: when that is gone nothing of it goes on.</summary>
/// <param name="clock">Everybody's.</param>
/// <param name="ahead">How much its wall clock is ahead of that.</param>
internal sealed class NodeClock(VirtualClock clock, TimeSpan ahead) : TimeProvider
{
    private volatile bool _dead;

    public bool IsAlive => !_dead;

    public override long TimestampFrequency => clock.TimestampFrequency;

    public void Die() => _dead = true;

    public override long GetTimestamp() => clock.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow() + ahead;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        clock.CreateTimer(callback, state, dueTime, period, () => IsAlive);
}
