namespace Bff.Ops.Live;

/// <param name="Id">Its name in the configuration.</param>
/// <param name="Path">What it matches.</param>
/// <param name="Cluster">Where it leads.</param>
/// <param name="Calls">Of the last minutes.</param>
internal sealed record RouteView(string Id, string? Path, string? Cluster, RouteCalls Calls);
