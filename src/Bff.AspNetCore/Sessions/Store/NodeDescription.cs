using System.Reflection;

namespace Bff.Sessions.Store;

/// <summary>What others are told of this node beside that it lives.</summary>
internal sealed class NodeDescription
{
    /// <summary>Its machine, and what tells it from others there.</summary>
    public string Name { get; set; } = $"{Environment.MachineName}:{Environment.ProcessId}";

    /// <summary>Of Bff.</summary>
    public string Version { get; set; } =
        typeof(NodeDescription).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    /// <summary>Its ops page; null where that cannot be reached from elsewhere.</summary>
    public string? Url { get; set; }

    public Func<bool> IsReady { get; set; } = () => true;

    /// <summary>How many sessions it has renewed since its start.</summary>
    public Func<long> CountRenewals { get; set; } = () => 0;
}
