using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace Bff.Ops.Live;

/// <summary>YARP's routes and clusters as they are in use.</summary>
internal sealed class RoutesView(IProxyStateLookup proxy, CallHistory calls)
{
    /// <summary>Enough for people; who has more asks Prometheus.</summary>
    private const int Max = 200;

    /// <summary>Those with most failures first.</summary>
    public IReadOnlyList<RouteView> Routes() =>
    [
        .. proxy.GetRoutes().Select(route => route.Config)
            .Select(route => new RouteView(route.RouteId, route.Match.Path, route.ClusterId, calls.Of(route.RouteId)))
            .OrderByDescending(route => route.Calls.ServerErrors).ThenByDescending(route => route.Calls.ClientErrors)
            .ThenByDescending(route => route.Calls.Calls).ThenBy(route => route.Id, StringComparer.Ordinal).Take(Max),
    ];

    public IReadOnlyList<ClusterView> Clusters() =>
    [
        .. proxy.GetClusters().OrderBy(cluster => cluster.ClusterId, StringComparer.Ordinal).Take(Max)
            .Select(cluster => new ClusterView(
                cluster.ClusterId, [.. cluster.DestinationsState.AllDestinations.Select(destination => View(cluster, destination))])),
    ];

    private static DestinationView View(ClusterState cluster, DestinationState destination) => new(
        destination.DestinationId,
        Printable.Address(destination.Model.Config.Address),
        $"{Worse(destination.Health.Active, destination.Health.Passive)}",
        cluster.DestinationsState.AvailableDestinations.Contains(destination),
        destination.ConcurrentRequestCount);

    private static DestinationHealth Worse(DestinationHealth active, DestinationHealth passive) =>
        active == DestinationHealth.Unhealthy || passive == DestinationHealth.Unhealthy ? DestinationHealth.Unhealthy
        : active == DestinationHealth.Unknown ? passive : active;
}
