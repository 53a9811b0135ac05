namespace Bff.Ops;

/// <summary>What this node is called among those that share a store: in logs, on the ops pages, and as OpenTelemetry's <c>service.instance.id</c>.</summary>
internal static class NodeName
{
    /// <summary>Its machine, and the port operators use; where that is any, the process.</summary>
    /// <param name="opsUrl"><c>Bff:Ops:Url</c>.</param>
    public static string At(string? opsUrl) =>
        $"{Environment.MachineName}:{(OpsOptions.Parse(opsUrl ?? OpsOptions.DefaultUrl) is { Port: > 0 } address ? address.Port : Environment.ProcessId)}";
}
