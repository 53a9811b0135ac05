using System.Diagnostics;
using Bff.Providers;
using Bff.Sessions;

namespace Bff.Renewal;

/// <summary>What becomes of a session after an attempt to renew it; <see cref="RenewalJudge"/> decides.</summary>
internal abstract record RenewalDecision
{
    /// <summary>What callers are told once the store has taken it, which may have been a while.</summary>
    public RenewalResult ResultAt(DateTimeOffset now) => this switch
    {
        Keep keep => new RenewalResult.Usable(keep.Session),
        End => new RenewalResult.Ended(),
        Forget => new RenewalResult.NotRenewable(),
        TryAgain again => RenewalResult.OfFailure(again.Failure, again.NotBefore - now),
        _ => throw new UnreachableException(),
    };

    /// <summary>A record prints its members; tokens and claims must never reach a log.</summary>
    public sealed override string ToString() => GetType().Name;

    /// <summary>The session goes on with new tokens.</summary>
    /// <param name="Session">As it is from now on.</param>
    /// <param name="Claims">The user's claims from now on; null when they stay as they are.</param>
    internal sealed record Keep(Session Session, IReadOnlyList<SessionClaim>? Claims) : RenewalDecision;

    /// <summary>The session ends: the provider does not renew it any more.</summary>
    /// <param name="Error">The provider's code for it.</param>
    /// <param name="RotatedRefreshToken">A refresh token that came all the same, to be revoked.</param>
    internal sealed record End(string Error, string? RotatedRefreshToken) : RenewalDecision;

    /// <summary>The session goes on without a refresh token, which has reached its end.</summary>
    internal sealed record Forget(TokenSet Tokens) : RenewalDecision;

    /// <summary>The session goes on as it is and is renewed later.</summary>
    /// <param name="Failure">Why not now.</param>
    /// <param name="DueAt">When the background tries again.</param>
    /// <param name="NotBefore">When a call that needs the token may.</param>
    /// <param name="Rotated">The session's tokens with a refresh token that came all the same: the next attempt would replay the old one.</param>
    internal sealed record TryAgain(RenewalFailure Failure, DateTimeOffset DueAt, DateTimeOffset NotBefore, TokenSet? Rotated) : RenewalDecision;
}
