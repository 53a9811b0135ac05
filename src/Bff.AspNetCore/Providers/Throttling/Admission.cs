namespace Bff.Providers.Throttling;

/// <param name="Permit">Null when the call is refused.</param>
/// <param name="RetryAfter">Then, when to ask again.</param>
/// <param name="Full">Refused because too many wait already, not because the breaker is open.</param>
internal readonly record struct Admission(Permit? Permit, TimeSpan RetryAfter, bool Full = false);
