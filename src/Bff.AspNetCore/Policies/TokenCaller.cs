using System.Security.Claims;

namespace Bff.Policies;

/// <summary>Left on a request: whoever calls came with a token of their own, which is good here.</summary>
/// <param name="Scheme">It was sent with: <c>Bearer</c> or <c>DPoP</c>.</param>
/// <param name="User">What the token says.</param>
/// <param name="Provider">That has signed it, by our name for it.</param>
/// <param name="EndsAt">When nobody takes it any more.</param>
internal sealed record TokenCaller(string Scheme, ClaimsPrincipal User, string Provider, DateTimeOffset EndsAt)
{
    /// <summary>Of a claim of this name, letter by letter, which the framework's own search does not do.</summary>
    public IEnumerable<string> ValuesOf(string type) => User.Claims.Where(claim => claim.Type == type).Select(claim => claim.Value);

    /// <summary>A record prints its members.</summary>
    public override string ToString() => $"a caller with a {Scheme} token";
}
