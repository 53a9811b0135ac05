using System.Security.Claims;

namespace Bff.Providers.Metadata;

/// <summary>An access token that somebody else brought, and that a provider of ours has signed.</summary>
internal sealed record AccessToken
{
    /// <summary>The provider that has signed it.</summary>
    public required string Provider { get; init; }

    /// <summary>What it says, each role as a <c>role</c>.</summary>
    public required ClaimsPrincipal User { get; init; }

    public required string[] Audiences { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The thumbprint of the key it is bound to (<c>cnf</c> with <c>jkt</c>, RFC 9449 section 6.1); null when it is bound to none.</summary>
    public string? KeyThumbprint { get; init; }

    /// <summary>It is bound to something that its caller cannot show us: a client certificate (RFC 8705), or what we do not know (RFC 7800).</summary>
    public bool IsBoundElsewhere { get; init; }

    /// <summary>How far the provider's clock, and the caller's, may be off.</summary>
    public TimeSpan ClockTolerance { get; init; }

    /// <summary>The provider's keys are still those that it was found good by.</summary>
    public required Func<bool> IsOfSameKeys { get; init; }

    /// <summary>When nobody takes it any more, whatever clock they have; no later than the end of time.</summary>
    public DateTimeOffset EndsAt => ExpiresAt < DateTimeOffset.MaxValue - ClockTolerance ? ExpiresAt + ClockTolerance : DateTimeOffset.MaxValue;

    public bool IsFor(string audience) => Array.IndexOf(Audiences, audience) >= 0;

    /// <summary>A record prints its members.</summary>
    public override string ToString() => $"access token expiring {ExpiresAt:O}";
}
