using Bff.Providers.Throttling;
using Bff.Sessions.Store;

namespace Bff.Ops.Live;

/// <summary>What happened on this node in ten seconds.</summary>
internal sealed class Moment(DateTimeOffset at)
{
    /// <summary>When it began.</summary>
    public DateTimeOffset At => at;

    public int Started { get; set; }

    public int Ended { get; set; }

    public int Renewed { get; set; }

    /// <summary>Of the renewed: more than <see cref="SessionCounts.LateAfter"/> after they were due.</summary>
    public int Late { get; set; }

    public int Failed { get; set; }

    /// <summary>Living sessions in the store when it was over; null when the store did not say.</summary>
    public long? Active { get; set; }

    /// <summary>Due renewals nobody had begun when it was over.</summary>
    public long? Backlog { get; set; }

    /// <summary>The worst of <see cref="Breakers"/>.</summary>
    public BreakerState Breaker => Breakers.Count == 0 ? BreakerState.Closed : Breakers.Max();

    /// <summary>Of each provider, in their order, when it was over.</summary>
    public IReadOnlyList<BreakerState> Breakers { get; set; } = [];
}
