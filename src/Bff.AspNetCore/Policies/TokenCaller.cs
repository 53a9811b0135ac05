using System.Security.Claims;

namespace Bff.Policies;

/// <summary>Left on a request: whoever calls came with a token of their own, which is good here.</summary>
/// <param name="Scheme">It was sent with: <c>Bearer</c> or <c>DPoP</c>.</param>
/// <param name="User">What the token says.</param>
/// <param name="EndsAt">When nobody takes it any more.</param>
internal sealed record TokenCaller(string Scheme, ClaimsPrincipal User, DateTimeOffset EndsAt)
{
    /// <summary>A record prints its members.</summary>
    public override string ToString() => $"a caller with a {Scheme} token";
}
