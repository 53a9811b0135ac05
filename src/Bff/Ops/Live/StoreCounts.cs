using Bff.Sessions.Store;

namespace Bff.Ops.Live;

/// <summary>What the ops page asks of the whole store: among millions of sessions that takes a while, so it is asked once for all who look.</summary>
internal sealed class StoreCounts(ISessionStore store, IHostApplicationLifetime lifetime, TimeProvider clock)
{
    /// <summary>Five minutes ahead.</summary>
    private const int StepsAhead = 30;

    /// <summary>A page that people look at in an outage does not wait for what is out.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <summary>While a slow store is counting, the last counts are shown this long.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private Task<Counts?>? _counting;
    private long? _finished;
    private Counts? _last;

    /// <param name="At">When they were counted.</param>
    /// <param name="Upcoming">Renewals in each step from then on.</param>
    /// <param name="Trouble">Those that are late or failing.</param>
    public sealed record Counts(DateTimeOffset At, IReadOnlyList<long> Upcoming, SessionTrouble Trouble);

    /// <returns>Null when the store does not say.</returns>
    public async Task<Counts?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await CountOnceAsync().WaitAsync(Timeout, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            lock (_lock) { return _last is { } last && clock.GetUtcNow() - last.At < MaxAge ? last : null; }
        }
    }

    private Task<Counts?> CountOnceAsync()
    {
        lock (_lock)
        {
            var isUsable = _counting is { IsCompleted: false } || (_finished is { } finished && clock.GetElapsedTime(finished) < OpsHistory.Step);
            return isUsable ? _counting! : _counting = Task.Run(CountAsync);
        }
    }

    private async Task<Counts?> CountAsync()
    {
        Counts? counts = null;
        try
        {
            var (now, cancellationToken) = (clock.GetUtcNow(), lifetime.ApplicationStopping);
            var upcoming = await store.CountUpcomingAsync(now, OpsHistory.Step, StepsAhead, cancellationToken);
            counts = new(now, upcoming, await store.CountTroubleAsync(now, now - OpsHistory.LateAfter, cancellationToken));
        }
        catch (Exception)
        {
            // Null says it.
        }

        lock (_lock) { (_last, _finished) = (counts, clock.GetTimestamp()); }
        return counts;
    }
}
