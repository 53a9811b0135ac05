namespace Bff.Ops.Live;

/// <param name="Id">Its name in the configuration.</param>
/// <param name="Address">Without what may be secret in it.</param>
/// <param name="Health"><c>Healthy</c>, <c>Unhealthy</c>, or <c>Unknown</c> where no health check is configured or has run.</param>
/// <param name="IsUsed">Calls go there.</param>
/// <param name="Calls">Under way now.</param>
internal sealed record DestinationView(string Id, string Address, string Health, bool IsUsed, int Calls);
