namespace Bff.Providers.Throttling;

/// <summary>
/// Lets so many calls a second begin, a few of them at once. (A "token" here is a place in the rate, as in the algorithm's name.)
/// Not thread-safe: <see cref="TokenCallGate"/> holds its lock around every member.
/// </summary>
internal sealed class TokenBucket
{
    private readonly TimeProvider _clock;
    private readonly Func<double> _perSecond;
    private double _level;
    private long _refilledAt;

    /// <param name="clock">Refills it.</param>
    /// <param name="perSecond">The rate; may change.</param>
    public TokenBucket(TimeProvider clock, Func<double> perSecond)
    {
        (_clock, _perSecond) = (clock, perSecond);
        _level = Capacity;
        _refilledAt = clock.GetTimestamp();
    }

    /// <summary>What may come at once.</summary>
    private double Capacity => Math.Max(1, _perSecond() / 20);

    /// <summary>
    /// What may come at once beside the next one is taken off what flows in, so that no second sees more than the limit. A tenth stays free: calls let in one
    /// after the other may leave together, since each renewal writes its claim to the store in between. Of the part of a small limit that a node has, such as
    /// 2.5, a second can see whole calls only.
    /// </summary>
    private double RefillPerSecond
    {
        get
        {
            var limit = _perSecond();
            return limit < 1 ? 0.9 * limit : Math.Max((0.9 * Math.Floor(limit)) - (Capacity - 1), limit / 2);
        }
    }

    public bool HasOne
    {
        get
        {
            var now = _clock.GetTimestamp();
            _level = Math.Min(Capacity, _level + (_clock.GetElapsedTime(_refilledAt, now).TotalSeconds * RefillPerSecond));
            _refilledAt = now;
            return _level >= 1;
        }
    }

    /// <summary>Zero when there is one now.</summary>
    public TimeSpan UntilNext => HasOne ? TimeSpan.Zero : TimeSpan.FromSeconds((1 - _level) / RefillPerSecond);

    public void Take() => _level--;

    /// <summary>What was taken was not used.</summary>
    public void PutBack() => _level = Math.Min(Capacity, _level + 1);
}
