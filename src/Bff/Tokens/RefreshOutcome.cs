namespace Bff.Tokens;

/// <summary>What the provider's answer to a refresh means. "Refused" and "unreachable" never share a branch.</summary>
internal abstract record RefreshOutcome
{
    /// <summary>A refresh token that came in an answer which is of no use otherwise. The old one is used up, so this one is kept.</summary>
    public string? RotatedRefreshToken { get; init; }

    /// <summary>A record prints its members; this must never reach a log.</summary>
    public sealed override string ToString() => GetType().Name;
}

/// <summary>New tokens; what the answer left out is carried over from the old set.</summary>
internal sealed record Renewed(TokenSet Tokens) : RefreshOutcome;

/// <summary>The grant is over (<c>invalid_grant</c>, RFC 6749 section 5.2): so is the session.</summary>
internal sealed record Rejected(string Error) : RefreshOutcome;

/// <summary>The provider refuses <em>us</em>, not the user: our configuration or its policy is wrong. Ends no session.</summary>
internal sealed record Misconfigured(string Error) : RefreshOutcome;

/// <summary>No usable answer. <paramref name="RetryAfter"/> is what the provider asked for, if it did.</summary>
internal sealed record Unavailable(string Reason, TimeSpan? RetryAfter = null) : RefreshOutcome;
