namespace Bff.Providers.Throttling;

/// <summary>How many nodes divide among them what the provider allows its client; set by who knows.</summary>
internal sealed class CallSharing
{
    public Func<int> Nodes { get; set; } = () => 1;
}
