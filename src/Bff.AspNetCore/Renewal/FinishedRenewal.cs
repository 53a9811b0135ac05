namespace Bff.Renewal;

/// <param name="Provider">Its name.</param>
/// <param name="Outcome">One of <see cref="RenewalMetrics.Outcomes"/>.</param>
/// <param name="Took">From the claim to the stored outcome.</param>
/// <param name="Lag">Of one in the background that brought tokens: how long after it was due.</param>
internal sealed record FinishedRenewal(string Provider, string Outcome, TimeSpan Took, TimeSpan? Lag);
