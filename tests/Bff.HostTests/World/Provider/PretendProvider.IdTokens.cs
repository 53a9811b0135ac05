namespace Bff.HostTests;

/// <summary>What ID tokens say, and how they are signed and encrypted.</summary>
internal sealed partial class PretendProvider
{
    /// <summary>Signs ID tokens, signed user info and authorization responses instead of <see cref="Key"/>: with another algorithm, EdDSA included.</summary>
    public TokenKey? TokenKey { get; set; }

    /// <summary>ID tokens are signed with the client secret (HS256).</summary>
    public bool SignsIdTokensWithSecret { get; set; }

    /// <summary>ID tokens are encrypted after they were signed.</summary>
    public TokenEncryption? IdTokenEncryption { get; set; }

    /// <summary>Audiences of ID tokens besides the client, which is named in <c>azp</c> then.</summary>
    public IReadOnlyList<string> MoreAudiences { get; set; } = [];

    /// <summary>ID tokens say how and when somebody signed in.</summary>
    public StrengthRule? Strength { get; set; }

    private string IdTokenAlgorithm => SignsIdTokensWithSecret ? "HS256" : TokenKey?.Algorithm ?? "RS256";

    private Dictionary<string, object?> IdTokenClaims(Grant grant, string? nonce, string accessToken, DateTimeOffset now)
    {
        var claims = new Dictionary<string, object?>
        {
            ["iss"] = IssuerFor(grant),
            ["sub"] = grant.Subject,
            ["aud"] = MoreAudiences.Count == 0 ? AcceptedClientId : new[] { AcceptedClientId }.Concat(MoreAudiences).ToArray(),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = now.AddMinutes(5).ToUnixTimeSeconds(),
            ["at_hash"] = Jwt.LeftHash(accessToken, IdTokenAlgorithm),
            ["sid"] = grant.ProviderSid,
        };
        if (UserInfo is not { NameInIdTokenToo: false }) { claims["name"] = "Name of " + grant.Subject; }
        if (MoreAudiences.Count > 0) { claims["azp"] = AcceptedClientId; }
        if (grant.Tenant is not null) { claims["tid"] = grant.Tenant; }
        if (grant.Acr is not null) { claims["acr"] = grant.Acr; }
        if (grant.AuthTime is { } time) { claims["auth_time"] = time.ToUnixTimeSeconds(); }
        if (nonce is not null) { claims["nonce"] = nonce; }
        ShapeIdToken(claims);
        return claims;
    }

    private string SignIdToken(IDictionary<string, object?> claims) =>
        SignsIdTokensWithSecret ? Jwt.SignWithSecret(claims, AcceptedSecret) : SignAnswer(claims);

    private string SignAnswer(IDictionary<string, object?> claims) => TokenKey?.Sign(claims) ?? Jwt.Sign(claims, Key);

    private string Encrypted(string token) => IdTokenEncryption?.Encrypt(token) ?? token;
}
