namespace Bff.Ops.Live;

/// <param name="Id">Its name in the configuration.</param>
/// <param name="Destinations">Where calls may go.</param>
internal sealed record ClusterView(string Id, IReadOnlyList<DestinationView> Destinations);
