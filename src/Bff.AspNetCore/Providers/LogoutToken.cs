using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Bff.Providers;

/// <summary>
/// A logout token as it came (OpenID Connect Back-Channel Logout 1.0 section 2.4). Nobody has looked at its signature yet: it says which provider is to be
/// asked, and whether it is worth asking.
/// </summary>
internal sealed class LogoutToken
{
    private const string EventName = "http://schemas.openid.net/event/backchannel-logout";

    private static readonly JsonDocumentOptions NoTwins = new() { AllowDuplicateProperties = false };

    private readonly JsonElement _header;
    private readonly JsonElement _claims;

    private LogoutToken(string text, JsonElement header, JsonElement claims) => (Text, _header, _claims) = (text, header, claims);

    /// <summary>In compact form.</summary>
    public string Text { get; }

    public string? Algorithm => TextOf(_header, "alg");

    /// <summary>The provider's name for the key it is signed with.</summary>
    public string? KeyName => TextOf(_header, "kid");

    public string? Issuer => TextOf(_claims, "iss");

    /// <summary>Empty when it is not what it must be.</summary>
    public IReadOnlyList<string> Audiences
    {
        get
        {
            if (!_claims.TryGetProperty("aud", out var audience)) { return []; }
            if (audience.ValueKind != JsonValueKind.Array) { return TextOf(_claims, "aud") is { } one ? [one] : []; }
            var all = audience.EnumerateArray().Select(TextOf).ToList();
            return all.Contains(null) ? [] : [.. all.OfType<string>()];
        }
    }

    public string? AuthorizedParty => TextOf(_claims, "azp");

    public string? Id => TextOf(_claims, "jti");

    public string? Subject => TextOf(_claims, "sub");

    public string? Sid => TextOf(_claims, "sid");

    public string? Tenant => TextOf(_claims, TenantIssuers.Claim);

    public double? IssuedAt => NumberOf("iat");

    public double? ExpiresAt => NumberOf("exp");

    /// <summary>Parameters of its header that need what we do not know (RFC 7515 section 4.1.11, RFC 7797).</summary>
    public bool HasExtension => _header.TryGetProperty("crit", out _) || _header.TryGetProperty("b64", out _);

    /// <summary>It is of no other kind of token (RFC 8725 section 3.11): <c>logout+jwt</c>, or of a provider that names no kind.</summary>
    public bool HasFittingType => !_header.TryGetProperty("typ", out var type)
        || TextOf(type)?.ToLowerInvariant() is "logout+jwt" or "application/logout+jwt" or "jwt";

    /// <summary>It names its key by a text, or none (RFC 7515 section 4.1.4).</summary>
    public bool HasFittingKeyName => !_header.TryGetProperty("kid", out var name) || TextOf(name) is not null;

    public bool HasEvent => _claims.TryGetProperty("events", out var events) && events.ValueKind == JsonValueKind.Object
        && events.TryGetProperty(EventName, out var logout) && logout.ValueKind == JsonValueKind.Object;

    public bool Has(string claim) => _claims.TryGetProperty(claim, out _);

    /// <returns>The token, or why it is none.</returns>
    public static (LogoutToken? Token, LogoutRefusal? Refusal) Read(string text)
    {
        if (text.Split('.', 4) is not [var head, var body, _]) { return (null, new(LogoutRefusal.Unreadable, "The logout token is no signed token.")); }
        try
        {
            var (header, claims) = (Base64UrlEncoder.DecodeBytes(head), Base64UrlEncoder.DecodeBytes(body));
            if (!IsObject(header) || !IsObject(claims)) { return (null, new(LogoutRefusal.Unreadable, "The logout token holds no claims.")); }
            return ReadOnce(header) is { } members && ReadOnce(claims) is { } said
                ? (new(text, members, said), null) : (null, new(LogoutRefusal.Duplicate, "The logout token says something twice."));
        }
        catch (Exception error) when (error is FormatException or ArgumentException or JsonException or InvalidOperationException)
        {
            return (null, new(LogoutRefusal.Unreadable, "The logout token cannot be read."));
        }
    }

    private static bool IsObject(byte[] json)
    {
        _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetCharCount(json);
        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.Object;
    }

    /// <returns>Null when a name is in it twice, however deep.</returns>
    private static JsonElement? ReadOnce(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, NoTwins);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private double? NumberOf(string claim) =>
        _claims.TryGetProperty(claim, out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetDouble(out var value) ? value : null;

    private static string? TextOf(JsonElement members, string name) => members.TryGetProperty(name, out var member) ? TextOf(member) : null;

    /// <summary>Null for what is no text, for none, and for one that no store can keep.</summary>
    private static string? TextOf(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String) { return null; }
        try
        {
            return value.GetString() is { Length: > 0 } text && !text.Contains('\0', StringComparison.Ordinal) ? text : null;
        }
        catch (InvalidOperationException)
        {
            return null;   // half a character
        }
    }
}
