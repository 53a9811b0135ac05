using System.Buffers.Text;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Bff.Providers;

/// <summary>
/// The claims about the user in a validated ID token, as the provider wrote them: a number keeps its text, an object stays JSON, each entry of an array is a
/// claim, and <c>null</c> is none (OpenID Connect Core 1.0, section 5.3.2).
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

    /// <summary>The names of everything an ID token says, of the user or not.</summary>
    /// <exception cref="FormatException">It is no signed token.</exception>
    /// <exception cref="JsonException">Its payload is no JSON.</exception>
    public static HashSet<string> Names(string idToken)
    {
        using var payload = Payload(idToken);
        return [.. payload.RootElement.EnumerateObject().Select(member => member.Name)];
    }

    /// <summary>How the user signed in (<c>acr</c>); null when the token does not say, or cannot be read.</summary>
    public static string? Acr(string idToken)
    {
        try
        {
            using var payload = Payload(idToken);
            return payload.RootElement.TryGetProperty("acr", out var acr) && acr.ValueKind == JsonValueKind.String ? acr.GetString() : null;
        }
        catch (Exception error) when (error is FormatException or JsonException)
        {
            return null;
        }
    }

    /// <param name="idToken">The very text that was validated.</param>
    public static IReadOnlyList<Claim> Read(string idToken)
    {
        using var payload = Payload(idToken);
        var claims = new Dictionary<string, List<Claim>>(StringComparer.Ordinal);
        foreach (var member in payload.RootElement.EnumerateObject().Where(member => !NotAboutTheUser.Contains(member.Name)))
        {
            // A name that comes twice: the last one counts, as it did for whoever validated the token.
            JsonElement[] entries = member.Value.ValueKind == JsonValueKind.Array ? [.. member.Value.EnumerateArray()] : [member.Value];
            claims[member.Name] = [.. entries.Where(value => value.ValueKind != JsonValueKind.Null).Select(value => ToClaim(member.Name, value))];
        }

        return [.. claims.Values.SelectMany(entries => entries)];
    }

    private static JsonDocument Payload(string idToken)
    {
        if (idToken.Split('.') is not [_, var payload, _]) { throw new FormatException("This is no signed token."); }
        return JsonDocument.Parse(Base64Url.DecodeFromChars(payload));
    }

    private static Claim ToClaim(string type, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => new(type, value.GetString()!),
        JsonValueKind.True => new(type, "true", ClaimValueTypes.Boolean),
        JsonValueKind.False => new(type, "false", ClaimValueTypes.Boolean),
        JsonValueKind.Number => new(type, value.GetRawText(), value.TryGetInt64(out _) ? ClaimValueTypes.Integer64 : ClaimValueTypes.Double),
        JsonValueKind.Array => new(type, value.GetRawText(), JsonClaimValueTypes.JsonArray),
        _ => new(type, value.GetRawText(), JsonClaimValueTypes.Json),
    };
}
