namespace Bff.Providers;

/// <param name="At">When it ended.</param>
/// <param name="Endpoint">Which of the provider's addresses.</param>
/// <param name="Outcome">One of <see cref="ProviderOutcome"/>.</param>
/// <param name="Detail">The status, or what became of the connection.</param>
internal sealed record ProviderFailure(DateTimeOffset At, string Endpoint, string Outcome, string Detail);
