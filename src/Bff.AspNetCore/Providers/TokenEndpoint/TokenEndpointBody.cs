using System.Text.Json;
using Bff.Providers.DPoP;

namespace Bff.Providers.TokenEndpoint;

/// <summary>The fields of a token endpoint's answer, whatever it is. The message library reads them for status 200 and 400 only.</summary>
internal sealed class TokenEndpointBody
{
    private readonly Dictionary<string, (JsonValueKind Kind, string Value)> _fields = [];

    public bool IsObject { get; private init; }

    /// <summary>A page for people (HTML, XML) and no JSON object: something in front of the token endpoint wrote it.</summary>
    public bool IsPage { get; private init; }

    /// <summary>A JSON string that can stand in an <c>Authorization</c> header (RFC 6750 section 2.1, RFC 6749 appendix A.12); null when it cannot.</summary>
    public string? AccessToken => VisibleString("access_token");

    /// <summary>The token type is <c>Bearer</c> in any case, or missing (RFC 6749 section 5.1 requires it, some providers forget it).</summary>
    public bool IsBearer => !Has("token_type") || string.Equals(Text("token_type"), "Bearer", StringComparison.OrdinalIgnoreCase);

    /// <summary>The access token is bound to the key of the request's proof (RFC 9449 section 5).</summary>
    public bool IsBound => string.Equals(Text("token_type"), ProofHeaders.Proof, StringComparison.OrdinalIgnoreCase);

    /// <summary>Null when the field is missing, empty, or neither text nor number.</summary>
    public string? Text(string name) =>
        _fields.TryGetValue(name, out var field) && field is { Kind: JsonValueKind.String or JsonValueKind.Number, Value.Length: > 0 } ? field.Value : null;

    /// <summary>As <see cref="Text"/>, but a token is a JSON string (RFC 6749 section 5.1) and never a number.</summary>
    public string? Token(string name) => _fields.GetValueOrDefault(name).Kind == JsonValueKind.String ? Text(name) : null;

    /// <summary>A JSON string of visible ASCII characters; null when the field is anything else.</summary>
    public string? VisibleString(string name) => Token(name) is { } text && text.All(c => c is > ' ' and <= '~') ? text : null;

    /// <summary>Whether the field says anything, of use or not.</summary>
    public bool Has(string name) =>
        _fields.TryGetValue(name, out var field) && field.Kind != JsonValueKind.Null && field is not { Kind: JsonValueKind.String, Value.Length: 0 };

    public static async Task<TokenEndpointBody> ReadAsync(HttpResponseMessage answer)
    {
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        try
        {
            // As bytes: JSON is UTF-8 (RFC 8259 section 8.1), and a charset the answer claims may not even exist.
            using var json = JsonDocument.Parse(bytes);
            if (json.RootElement.ValueKind != JsonValueKind.Object) { return new TokenEndpointBody(); }
            var body = new TokenEndpointBody { IsObject = true };
            foreach (var field in json.RootElement.EnumerateObject()) { body.Add(field); }

            return body;
        }
        catch (JsonException)
        {
            return new TokenEndpointBody { IsPage = LooksLikeAPage(answer, bytes) };
        }
    }

    /// <summary>What cannot be read, such as half a surrogate pair, leaves the others as they are: one of them may be a refresh token that was just rotated.</summary>
    private void Add(JsonProperty field)
    {
        try
        {
            var name = field.Name;
            _fields[name] = (JsonValueKind.Undefined, "");
            _fields[name] = (field.Value.ValueKind, field.Value.ToString());
        }
        catch (InvalidOperationException)
        {
            // Has says that it is there; nothing says what.
        }
    }

    private static bool LooksLikeAPage(HttpResponseMessage answer, byte[] bytes) =>
        answer.Content.Headers.ContentType?.MediaType is "text/html" or "application/xhtml+xml"
        || bytes.AsSpan().TrimStart(" \t\r\n\uFEFF"u8).StartsWith("<"u8);
}
