using System.Buffers.Text;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Bff.Providers;

/// <summary>
/// The claims about the user in a validated ID token or a userinfo response, as the provider wrote them: a number keeps its text, an object stays JSON, each
/// entry of an array is a claim, and <c>null</c> is none (OpenID Connect Core 1.0, section 5.3.2).
/// </summary>
internal static class IdTokenClaims
{
    /// <summary>
    /// What is about the token or the protocol, and what may carry somebody's access token: <c>_claim_sources</c> (OpenID Connect Core 1.0, section 5.6.2).
    /// None of it is for a session or a browser.
    /// </summary>
    private static readonly HashSet<string> NotAboutTheUser =
    [
        "_claim_names", "_claim_sources", "acr", "at_hash", "aud", "azp", "c_hash", "exp", "iat", "ipaddr", "iss", "nbf", "nonce", "platf", "s_hash", "ver",
    ];

    /// <summary>About the sign-in or whose user it is: only an ID token can say these.</summary>
    private static readonly HashSet<string> OfTheIdTokenOnly = ["sub", "sid", "auth_time", "amr", TenantIssuers.Claim];

    /// <param name="payload">The middle part of the very token that was validated.</param>
    public static JsonElement Payload(string payload)
    {
        using var json = JsonDocument.Parse(Base64Url.DecodeFromChars(payload));
        return json.RootElement.Clone();
    }

    /// <summary>False where there is half a character of UTF-16 in it: JSON lets it pass (RFC 8259 section 8.2), and it cannot be read as text.</summary>
    public static bool IsReadable(JsonElement value)
    {
        try
        {
            return value.ValueKind switch
            {
                JsonValueKind.String => value.GetString() is not null,
                JsonValueKind.Array => value.EnumerateArray().All(IsReadable),
                JsonValueKind.Object => value.EnumerateObject().All(member => member.Name is not null && IsReadable(member.Value)),
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Null where it is none, or <see cref="IsReadable"/> is false.</summary>
    public static string? TextOf(JsonElement value) => value.ValueKind == JsonValueKind.String && IsReadable(value) ? value.GetString() : null;

    /// <summary>What a stored ID token says in a word; null when it does not, or cannot be read, as one that is encrypted cannot.</summary>
    public static string? TextOf(string idToken, string name)
    {
        try
        {
            return idToken.Split('.') is [_, var payload, _] && Payload(payload).TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String
                ? text.GetString() : null;
        }
        catch (Exception error) when (error is FormatException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    public static IReadOnlyList<Claim> Read(JsonElement idToken) => Read(idToken, NotAboutTheUser.Contains, ClaimsIdentity.DefaultIssuer);

    /// <summary>Of another token, what is about it and the protocol, too.</summary>
    public static IReadOnlyList<Claim> ReadAll(JsonElement token) => Read(token, isLeftOut: _ => false, ClaimsIdentity.DefaultIssuer);

    /// <summary>What a userinfo response adds: nothing of the protocol, and nothing that the ID token speaks of.</summary>
    public static IReadOnlyList<Claim> ReadUserInfo(JsonElement userInfo, JsonElement idToken) => Read(
        userInfo, name => NotAboutTheUser.Contains(name) || OfTheIdTokenOnly.Contains(name) || idToken.TryGetProperty(name, out _), ClaimOrigin.UserInfo);

    private static List<Claim> Read(JsonElement members, Func<string, bool> isLeftOut, string origin)
    {
        var claims = new Dictionary<string, List<Claim>>(StringComparer.Ordinal);
        foreach (var member in members.EnumerateObject().Where(member => !isLeftOut(member.Name)))
        {
            // A name that comes twice: the last one counts, as it did for whoever validated the token.
            JsonElement[] entries = member.Value.ValueKind == JsonValueKind.Array ? [.. member.Value.EnumerateArray()] : [member.Value];
            claims[member.Name] = [.. entries.Where(value => value.ValueKind != JsonValueKind.Null).Select(value => ToClaim(member.Name, value, origin))];
        }

        return [.. claims.Values.SelectMany(entries => entries)];
    }

    private static Claim ToClaim(string type, JsonElement value, string origin) => value.ValueKind switch
    {
        JsonValueKind.String => new(type, value.GetString()!, ClaimValueTypes.String, origin),
        JsonValueKind.True => new(type, "true", ClaimValueTypes.Boolean, origin),
        JsonValueKind.False => new(type, "false", ClaimValueTypes.Boolean, origin),
        JsonValueKind.Number => new(type, value.GetRawText(), value.TryGetInt64(out _) ? ClaimValueTypes.Integer64 : ClaimValueTypes.Double, origin),
        JsonValueKind.Array => new(type, value.GetRawText(), JsonClaimValueTypes.JsonArray, origin),
        _ => new(type, value.GetRawText(), JsonClaimValueTypes.Json, origin),
    };
}
