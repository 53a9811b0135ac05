namespace Bff.Guard;

/// <summary>Endpoint metadata: how often a client address may ask here.</summary>
/// <param name="By">One of <see cref="RateLimits"/>: who shares a budget.</param>
internal sealed record Limited(string By);
