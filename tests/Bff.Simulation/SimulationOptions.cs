namespace Bff.Simulation;

/// <summary>What is simulated.</summary>
internal sealed record SimulationOptions
{
    public int Nodes { get; init; } = 8;

    public int Sessions { get; init; } = 10_000_000;

    public TimeSpan Duration { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long an access token lives; at the start their ages are spread evenly over it.</summary>
    public TimeSpan TokenLife { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Two nodes die when a third of the time has passed, and one joins after two thirds.</summary>
    public bool Losses { get; init; }

    /// <summary>The provider's response takes between a half and one and a half of this.</summary>
    public TimeSpan ProviderLatency { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>A statement at the store takes between a half and one and a half of this.</summary>
    public TimeSpan StoreLatency { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary><c>Bff:Renewal:MaxPerSecond</c> of a node; null for four times what each has to renew when all are there.</summary>
    public int? MaxPerSecond { get; init; }

    /// <summary><c>Bff:Renewal:MaxConcurrency</c> of a node; null for as many calls as those take.</summary>
    public int? MaxConcurrency { get; init; }

    /// <summary>The first node's statements take a tenth of that.</summary>
    public bool Near { get; init; }

    /// <summary>The first node's clock is so much ahead of the others'.</summary>
    public TimeSpan Ahead { get; init; }

    public double RenewalsPerSecond => Sessions / TokenLife.TotalSeconds;

    public int NodeRate => MaxPerSecond ?? Math.Max(20, (int)Math.Ceiling(4 * RenewalsPerSecond / Nodes));

    public int NodeConcurrency => MaxConcurrency ?? Math.Clamp((int)Math.Ceiling(NodeRate * ProviderLatency.TotalSeconds), 16, 1000);
}
