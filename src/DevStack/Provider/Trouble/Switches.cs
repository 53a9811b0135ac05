using DevStack.Hosting;

namespace DevStack.Provider.Trouble;

/// <summary>What the provider does wrong on purpose, so that it can be watched. A restart forgets it.</summary>
internal sealed class Switches(DevStackOptions options, TimeProvider clock)
{
    public static readonly TimeSpan OutageByButton = TimeSpan.FromSeconds(60);

    /// <summary>Longer than an access token lives, so that one expires in it.</summary>
    public static readonly TimeSpan OutageBySwitch = TimeSpan.FromSeconds(100);

    public static readonly TimeSpan OutageAfterSignIn = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private (DateTimeOffset From, DateTimeOffset Until) _outage;
    private bool _isOutageDue = options.Outage;
    private volatile bool _givesRefreshTokens = !options.NoRefreshTokens;

    /// <summary>When it answers again; null while it does.</summary>
    public DateTimeOffset? AnswersAgainAt
    {
        get
        {
            var now = clock.GetUtcNow();
            lock (_lock)
            {
                return _outage.From <= now && now < _outage.Until ? _outage.Until : null;
            }
        }
    }

    /// <summary>False: the sign-ins from now on get none. Sessions that have one keep it.</summary>
    public bool GivesRefreshTokens { get => _givesRefreshTokens; set => _givesRefreshTokens = value; }

    public void StopAnswering() => PlanOutage(TimeSpan.Zero, OutageByButton);

    public void AnswerAgain() => PlanOutage(TimeSpan.Zero, TimeSpan.Zero);

    /// <summary>Somebody has signed in. With <see cref="DevStackOptions.Outage"/> the first sign-in brings the outage.</summary>
    public void SignedIn()
    {
        lock (_lock)
        {
            if (!_isOutageDue)
            {
                return;
            }

            _isOutageDue = false;
        }

        PlanOutage(OutageAfterSignIn, OutageBySwitch);
    }

    private void PlanOutage(TimeSpan after, TimeSpan length)
    {
        var from = clock.GetUtcNow() + after;
        lock (_lock)
        {
            _outage = (from, from + length);
        }
    }
}
