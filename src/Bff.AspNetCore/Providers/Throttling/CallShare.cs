namespace Bff.Providers.Throttling;

/// <summary>
/// A part of what this node may ask of the provider: so many calls at once, and so many a second; both may change.
/// Not thread-safe: <see cref="TokenCallGate"/> holds its lock around every member.
/// </summary>
internal sealed class CallShare(Func<int> places, Func<double> perSecond, TimeProvider clock)
{
    private readonly TokenBucket _rate = new(clock, perSecond);

    /// <summary>Calls under way.</summary>
    public int Running { get; private set; }

    public bool HasPlace => Running < places();

    /// <summary>Until the rate allows another call; zero when it does now.</summary>
    public TimeSpan UntilNext => _rate.UntilNext;

    public void Take()
    {
        Running++;
        _rate.Take();
    }

    /// <param name="used">The call was made.</param>
    public void GiveBack(bool used)
    {
        Running--;
        if (!used) { _rate.PutBack(); }
    }
}
