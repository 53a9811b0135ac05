using Bff.Providers;
using Bff.Providers.DPoP;

namespace Bff.ClientTokens;

/// <summary>What a call that goes with our client's token is told.</summary>
internal abstract record ClientTokenResult
{
    /// <summary>A record prints its members; a token must never reach a log.</summary>
    public sealed override string ToString() => GetType().Name;

    /// <summary>A token that may be sent.</summary>
    /// <param name="Authorization">As a header has it.</param>
    /// <param name="Key">That it is bound to; null for a bearer token.</param>
    /// <param name="ExpiresAt">When it expires.</param>
    internal sealed record Issued(string Authorization, ProofKey? Key, DateTimeOffset ExpiresAt) : ClientTokenResult
    {
        public static Issued Of(TokenSet tokens) => new(tokens.Authorization, tokens.BoundKey, tokens.ExpiresAt);
    }

    /// <summary>The provider gives our client none.</summary>
    internal sealed record Refused(string Error) : ClientTokenResult;

    /// <summary>None now, by the provider's fault or the network's.</summary>
    internal sealed record Unavailable(TimeSpan RetryAfter) : ClientTokenResult;
}
