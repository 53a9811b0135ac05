using Bff.Configuration;
using Bff.Providers;

namespace Bff.Sessions;

/// <summary>One signed-in browser as one version of the store's row. Immutable and shared by requests: whoever changes it writes a new one.</summary>
internal sealed record Session
{
    public required SessionId Id { get; init; }

    /// <summary>Random; proves that a sign-out link was made for this session. Unlike the provider's <c>sid</c> no other site knows it.</summary>
    public required string Sid { get; init; }

    /// <summary>What the operator calls the provider that the user has signed in at.</summary>
    public string Provider { get; init; } = SettingsSection.Default;

    /// <summary>What the operator calls the front end whose cookie it is.</summary>
    public string FrontEnd { get; init; } = SettingsSection.Default;

    public required string Subject { get; init; }

    public required IReadOnlyList<SessionClaim> Claims { get; init; }

    /// <summary>OpenID Connect Session Management's <c>session_state</c>, when the provider gave one.</summary>
    public string? SessionState { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the sign-in was begun that makes this session. Only a new session says so: the store asks for it, and does not keep it.</summary>
    public DateTimeOffset SignInBegunAt { get; init; }

    /// <summary>Idle or absolute end, whichever is first.</summary>
    public required DateTimeOffset EndsAt { get; init; }

    public required DateTimeOffset AbsoluteEndsAt { get; init; }

    /// <summary>Counts renewals; a writer that saw an older version has lost.</summary>
    public long Version { get; init; } = 1;

    /// <summary>Null when the stored tokens cannot be decrypted: the key ring is not the one that wrote them.</summary>
    public required TokenSet? Tokens { get; init; }

    /// <summary>When the next renewal is due, or when a running one counts as abandoned; null without a refresh token.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Renewals that failed since the last success.</summary>
    public int Failures { get; init; }

    /// <summary>When the first of them failed; null when there is none.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary><see cref="LastFailure"/> as the store keeps it.</summary>
    public string? LastError { get; init; }

    /// <summary>A call that needs a token asks the provider no earlier than this.</summary>
    public DateTimeOffset NotBefore { get; init; }

    /// <summary>Somebody is renewing this session until then; the past when nobody is.</summary>
    public DateTimeOffset LeaseUntil { get; init; }

    /// <summary>Why the last try to renew failed; null when it did not.</summary>
    public RenewalFailure? LastFailure => Failures > 0 ? RenewalFailure.Parse(LastError) : null;

    public bool CanRenew => Tokens is { HasRefreshToken: true };

    /// <summary>What people call the user: a name if the provider gave one.</summary>
    public string DisplayName => ClaimValue("name") ?? ClaimValue("preferred_username") ?? Subject;

    /// <summary>The tenant that has the user, at a provider of many: <see cref="Subject"/> alone is then nobody's name.</summary>
    public string? Tenant => ClaimValue(TenantIssuers.Claim);

    public string? ClaimValue(string type) => Claims.FirstOrDefault(claim => claim.Type == type)?.Value;

    public IEnumerable<string> ClaimValues(string type) => Claims.Where(claim => claim.Type == type).Select(claim => claim.Value);

    public override string ToString() => $"Session {Id} v{Version}";
}
