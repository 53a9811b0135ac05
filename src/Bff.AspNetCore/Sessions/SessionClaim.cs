using System.Security.Claims;
using System.Text.Json.Serialization;

namespace Bff.Sessions;

internal sealed record SessionClaim(string Type, string Value, string? ValueType = null)
{
    /// <summary>No ID token said it. Only what is read from the store to be renewed has this, local copies do not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool FromUserInfo { get; init; }

    /// <summary>The program around us has added it. Only what is read from the store to be renewed has this, as above.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsAdded { get; init; }

    public static SessionClaim Of(Claim claim) => new(claim.Type, claim.Value, claim.ValueType == ClaimValueTypes.String ? null : claim.ValueType)
    {
        FromUserInfo = claim.Issuer == ClaimOrigin.UserInfo,
    };
}
