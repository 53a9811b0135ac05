using System.ComponentModel.DataAnnotations;

namespace Bff.Guard;

/// <summary>
/// How often one client address (an IPv6 network of 64 bits counts as one) may send requests that cost more than themselves (<c>Bff:RateLimits</c>). A minute
/// is a fixed window. Requests beyond the limit get 429 with <c>Retry-After</c> (RFC 6585 section 4). All clients of a proxy that <c>Bff:TrustedProxies</c>
/// does not name are one address.
/// </summary>
internal sealed class RateLimitOptions
{
    public const string Section = "Bff:RateLimits";

    private const int MaxLimit = 1_000_000;

    /// <summary>
    /// Sign-ins that may begin in a minute, silent ones included. 0: no limit. Default: 600, which a large office behind one address does not reach.
    /// </summary>
    [Range(0, MaxLimit)]
    public int SignIn { get; set; } = 600;

    /// <summary>Callbacks (responses of the provider that browsers bring back) in a minute. 0: no limit. Default: 600.</summary>
    [Range(0, MaxLimit)]
    public int Callback { get; set; } = 600;

    /// <summary>
    /// Sign-ins and callbacks that are processed at once; up to 50 more wait their turn, first come, first served. So one address cannot take all places for
    /// calls to the provider. 0: no limit. Default: 8.
    /// </summary>
    [Range(0, MaxLimit)]
    public int AtOnce { get; set; } = 8;

    /// <summary>Wrong credentials at the ops port in a minute; beyond that, right ones are not tried either. 0: no limit. Default: 30.</summary>
    [Range(0, MaxLimit)]
    public int OpsCredentials { get; set; } = 30;

    /// <summary>
    /// Logout tokens with a wrong signature, with an encryption that hides nothing of use, or with a key that has to be looked for, in a minute (OpenID Connect
    /// Back-Channel Logout 1.0); beyond that, none is decrypted, and no keys are fetched for any. Those that are accepted do not count, so a provider may sign
    /// out any number of users at once; and what is signed with a known key is always looked at. 0: no limit. Default: 600.
    /// </summary>
    [Range(0, MaxLimit)]
    public int LogoutTokens { get; set; } = 600;

    /// <summary>
    /// Access tokens and proofs of callers (<c>Bff.Token</c> is <c>PassThrough</c> or <c>UserOrPassThrough</c>) that are wrong, in a minute; beyond that no token
    /// is looked at that was not found good before. 0: no limit. Default: 600.
    /// </summary>
    [Range(0, MaxLimit)]
    public int WrongTokens { get; set; } = 600;
}
