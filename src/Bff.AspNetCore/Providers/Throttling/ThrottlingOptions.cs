using System.ComponentModel.DataAnnotations;

namespace Bff.Providers.Throttling;

/// <summary>
/// Limits on calls to the provider that carry the client's authentication: code redemptions, pushed authorization requests, refreshes, revocations
/// (<c>Bff:Renewal</c>). Calls other than renewals get at most half of each, so that anonymous clients cannot hold up renewals; revocations at most a quarter.
/// </summary>
internal sealed class ThrottlingOptions
{
    /// <summary>How many such calls a node has in progress at once; with 1, sign-ins and renewals share that one place. Default: 32.</summary>
    [Range(1, 1000, ErrorMessage = "must be between 1 and 1000.")]
    public int MaxConcurrency { get; set; } = 32;

    /// <summary>
    /// How many such calls all nodes that share a store start in any second together, each an equal part of it and at least one; as many sign-ins wait for their
    /// turn, the rest is refused. Default: 100.
    /// </summary>
    [Range(1, 100_000, ErrorMessage = "must be between 1 and 100000.")]
    public int MaxPerSecond { get; set; } = 100;
}
