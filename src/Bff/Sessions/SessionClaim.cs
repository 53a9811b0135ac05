using System.Security.Claims;

namespace Bff.Sessions;

internal sealed record SessionClaim(string Type, string Value, string? ValueType = null)
{
    public static SessionClaim Of(Claim claim) => new(claim.Type, claim.Value, claim.ValueType == ClaimValueTypes.String ? null : claim.ValueType);
}
