using System.ComponentModel.DataAnnotations;

namespace Bff.Guard;

/// <summary>
/// How often one client address (an IPv6 network of 64 bits counts as one) may ask for what costs more than its request (<c>Bff:RateLimits</c>). A minute is a fixed
/// window. What is beyond is 429 with <c>Retry-After</c> (RFC 6585 section 4). Behind a proxy that <c>Bff:TrustedProxies</c> does not name, all its clients are one address.
/// </summary>
internal sealed class RateLimitOptions
{
    public const string Section = "Bff:RateLimits";

    private const int Most = 1_000_000;

    /// <summary>Sign-ins that are begun, silent ones too, per minute. 0: no limit. Default: 600, which a large office behind one address does not reach.</summary>
    [Range(0, Most)]
    public int SignIn { get; set; } = 600;

    /// <summary>Answers of the provider that browsers bring back, per minute. 0: no limit. Default: 600.</summary>
    [Range(0, Most)]
    public int Callback { get; set; } = 600;

    /// <summary>
    /// Sign-ins begun and answers brought back that are worked on at once; as many as 50 more wait their turn, first come, first served. So one address cannot
    /// take all places that calls to the provider have. 0: no limit. Default: 8.
    /// </summary>
    [Range(0, Most)]
    public int AtOnce { get; set; } = 8;

    /// <summary>Wrong credentials at the ops port, per minute; beyond, right ones are not tried either. 0: no limit. Default: 30.</summary>
    [Range(0, Most)]
    public int OpsCredentials { get; set; } = 30;
}
