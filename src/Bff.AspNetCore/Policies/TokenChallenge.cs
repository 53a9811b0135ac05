using System.Globalization;
using Bff.Providers.DPoP;
using Microsoft.Extensions.Primitives;

namespace Bff.Policies;

/// <summary>What <c>WWW-Authenticate</c> says to callers with tokens (RFC 6750 section 3, RFC 9449 section 7.1, RFC 9470 section 3).</summary>
internal static class TokenChallenge
{
    public const string Bearer = "Bearer", Bound = ProofHeaders.Proof;

    private const string Realm = "realm=\"bff\"";

    private static readonly string BareBearer = $"{Bearer} {Realm}";

    private static readonly string BareBound = $"{Bound} {Realm}, algs=\"{string.Join(' ', PresentedProof.Algorithms)}\"";

    /// <summary>For who brought nothing: no word of an error (RFC 6750 section 3.1).</summary>
    public static readonly StringValues Bare = new([BareBearer, BareBound]);

    /// <param name="scheme">That the token came with; the other one is named, too.</param>
    /// <param name="error">The word.</param>
    /// <param name="description">For developers: ASCII without quotation marks and backslashes.</param>
    /// <param name="more">Parameters with values of the same characters; those without one are left out.</param>
    public static StringValues Of(string scheme, string error, string description, params ReadOnlySpan<(string Name, string? Value)> more)
    {
        var isBound = scheme == Bound;
        var said = $"{(isBound ? BareBound : BareBearer)}, error=\"{error}\", error_description=\"{description}\"";
        foreach (var (name, value) in more)
        {
            if (value is not null) { said += $", {name}=\"{value}\""; }
        }

        return new([said, isBound ? BareBearer : BareBound]);
    }

    /// <summary>The caller may not do this, whoever they are; with what a token would have to be good for.</summary>
    public static StringValues NotEnough(string scheme, Policy? policy) => Of(
        scheme, "insufficient_scope", policy is null ? "The token is not good for this." : $"The policy {policy.Name} asks for more.",
        ("scope", policy?.Scope));

    public static StringValues SignInAnew(string scheme, Policy policy) => Of(
        scheme, "insufficient_user_authentication", "Another sign-in is needed.", ("acr_values", policy.AcrValues),
        ("max_age", policy.MaxAge?.ToString(CultureInfo.InvariantCulture)));
}
