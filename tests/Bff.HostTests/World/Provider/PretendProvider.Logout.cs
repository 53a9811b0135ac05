namespace Bff.HostTests;

/// <summary>Back-channel logout: the tokens, which a test sends or has sent.</summary>
internal sealed partial class PretendProvider
{
    public const string LogoutEvent = "http://schemas.openid.net/event/backchannel-logout";

    /// <summary>The claims of a right logout token.</summary>
    /// <param name="subject">The user; null for a token that names a session alone.</param>
    /// <param name="sid">The session here; null for a token that names a user alone.</param>
    public Dictionary<string, object?> LogoutClaims(string? subject, string? sid = null)
    {
        var now = _clock.GetUtcNow().ToUnixTimeSeconds();
        var claims = new Dictionary<string, object?>
        {
            ["iss"] = Issuer, ["aud"] = AcceptedClientId, ["iat"] = now, ["exp"] = now + 120, ["jti"] = Guid.NewGuid().ToString(),
            ["events"] = new Dictionary<string, object?> { [LogoutEvent] = new Dictionary<string, object?>() },
        };
        if (subject is not null) { claims["sub"] = subject; }
        if (sid is not null) { claims["sid"] = sid; }
        return claims;
    }

    /// <summary>Signed and encrypted as ID tokens are.</summary>
    public string LogoutToken(IDictionary<string, object?> claims, Action<IDictionary<string, object?>>? shapeHeader = null)
    {
        return Encrypted(SignsIdTokensWithSecret ? Jwt.SignWithSecret(claims, AcceptedSecret) : TokenKey?.Sign(claims, Shape) ?? Jwt.Sign(claims, Key, Shape));

        void Shape(IDictionary<string, object?> header)
        {
            header["typ"] = "logout+jwt";
            shapeHeader?.Invoke(header);
        }
    }

    public string LogoutToken(string? subject, string? sid = null) => LogoutToken(LogoutClaims(subject, sid));
}
