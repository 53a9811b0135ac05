using System.ComponentModel.DataAnnotations;

namespace Bff.Providers.Throttling;

/// <summary>
/// How hard this node may press the provider with calls that carry our client's authentication: code redemptions, pushed authorization requests,
/// refreshes, revocations (<c>Bff:Renewal</c>). Calls other than renewals get at most half of each, so that strangers cannot hold up renewals;
/// revocations get at most a quarter.
/// </summary>
internal sealed class ThrottlingOptions
{
    /// <summary>Such calls this node has under way at once, at most; with 1, sign-ins and renewals share that one place. Default 32, from 1 to 1000.</summary>
    [Range(1, 1000, ErrorMessage = "must be between 1 and 1000.")]
    public int MaxConcurrency { get; set; } = 32;

    /// <summary>Such calls this node starts in any second, at most; as many sign-ins wait for their turn, the rest is refused. Default 100, from 1 to 100000.</summary>
    [Range(1, 100_000, ErrorMessage = "must be between 1 and 100000.")]
    public int MaxPerSecond { get; set; } = 100;
}
