namespace Bff.Simulation;

/// <summary>The clock as one process has it: when that is gone nothing of it goes on.</summary>
internal sealed class NodeClock(VirtualClock clock) : TimeProvider
{
    private volatile bool _dead;

    public bool IsAlive => !_dead;

    public override long TimestampFrequency => clock.TimestampFrequency;

    public void Die() => _dead = true;

    public override long GetTimestamp() => clock.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        clock.CreateTimer(callback, state, dueTime, period, () => IsAlive);
}
