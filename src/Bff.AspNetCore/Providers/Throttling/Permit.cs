namespace Bff.Providers.Throttling;

/// <param name="Kind">What the call is for.</param>
/// <param name="Probe">The one call that finds out whether the provider is well again.</param>
internal sealed record Permit(CallKind Kind, bool Probe);
