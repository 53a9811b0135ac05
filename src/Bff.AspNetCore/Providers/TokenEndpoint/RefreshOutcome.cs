using System.Security.Claims;
using Bff.Providers.DPoP;

namespace Bff.Providers.TokenEndpoint;

/// <summary>
/// What the provider's response to a refresh means: is it about the user, about our client, or about the weather? Three questions, three branches, and no
/// branch is shared.
/// </summary>
internal abstract record RefreshOutcome
{
    /// <summary>A refresh token that came in a response which is of no use otherwise. The old one is used up, so this one is kept.</summary>
    public string? RotatedRefreshToken { get; init; }

    /// <summary>When <see cref="RotatedRefreshToken"/> ends, if the provider said so.</summary>
    public DateTimeOffset? RotatedRefreshTokenExpiresAt { get; init; }

    /// <summary>The key of the proof that the request had, which <see cref="RotatedRefreshToken"/> may be bound to (RFC 9449 section 5).</summary>
    public ProofKey? RotatedKey { get; init; }

    /// <summary>A record prints its members; this must never reach a log.</summary>
    public sealed override string ToString() => GetType().Name;

    /// <summary>New tokens; what the response left out is carried over from the old set.</summary>
    /// <param name="Tokens">The new set.</param>
    /// <param name="User">What the ID token says of the user; null when the response brought none.</param>
    internal sealed record Renewed(TokenSet Tokens, ClaimsIdentity? User = null) : RefreshOutcome;

    /// <summary>The grant is over (<c>invalid_grant</c>, RFC 6749 section 5.2), or is another user's: so is the session.</summary>
    internal sealed record Rejected(string Error) : RefreshOutcome
    {
        public const string SubjectChanged = "subject_changed";
    }

    /// <summary>
    /// About the user or the refresh token, without proof that the grant is over: the provider wants to ask the user, or refuses in words (or none) of its own.
    /// The access token serves to its end; then the user is asked to sign in.
    /// </summary>
    internal sealed record Refused(string Error) : RefreshOutcome;

    /// <summary>Something is wrong between the provider and <em>us</em>, not the user: our configuration, its policy. Ends no session.</summary>
    /// <param name="Error">What, in a word.</param>
    /// <param name="MayPass">The response was to carry tokens, so the next one may be right; a client that is refused stays refused until somebody
    /// acts.</param>
    internal sealed record Misconfigured(string Error, bool MayPass = false) : RefreshOutcome;

    /// <summary>No usable response. <paramref name="RetryAfter"/> is what the provider asked for, if it did.</summary>
    internal sealed record Unavailable(string Reason, TimeSpan? RetryAfter = null) : RefreshOutcome
    {
        /// <summary>The token endpoint itself responded, though with nothing of use: no sign that it is down for others.</summary>
        public bool IsResponse { get; init; }
    }

    /// <summary>The refresh token is past the end the provider gave it, so nobody was asked.</summary>
    internal sealed record RefreshTokenExpired : RefreshOutcome;

    /// <summary>The stored tokens cannot be decrypted, so nobody was asked.</summary>
    internal sealed record Unreadable : RefreshOutcome;
}
