using System.Text.Json;

namespace Bff.Tokens;

/// <summary>The fields of a token endpoint's answer, whatever it is. The message library reads them for status 200 and 400 only.</summary>
internal sealed class TokenEndpointBody
{
    private readonly Dictionary<string, (string? Value, JsonValueKind Kind)> _fields = [];

    public bool IsObject { get; private init; }

    /// <summary>A JSON string that can stand in an <c>Authorization</c> header (RFC 6750 section 2.1, RFC 6749 appendix A.12); null when it cannot.</summary>
    public string? AccessToken => VisibleString("access_token");

    /// <summary>The token type is <c>Bearer</c> in any case, or missing (RFC 6749 section 5.1 requires it, some providers forget it).</summary>
    public bool IsBearer => !_fields.TryGetValue("token_type", out var type) || type.Kind == JsonValueKind.Null || string.Equals(type.Value, "Bearer", StringComparison.OrdinalIgnoreCase);

    /// <summary>Null when the field is missing, empty, or neither text nor number.</summary>
    public string? Text(string name) => _fields.TryGetValue(name, out var field) && field.Value is { Length: > 0 } text ? text : null;

    /// <summary>A JSON string of visible ASCII characters; null when the field is anything else.</summary>
    public string? VisibleString(string name) =>
        _fields.TryGetValue(name, out var field) && field is { Kind: JsonValueKind.String, Value: { Length: > 0 } text } && text.All(c => c is > ' ' and <= '~') ? text : null;

    public static async Task<TokenEndpointBody> ReadAsync(HttpResponseMessage answer)
    {
        try
        {
            // As bytes: JSON is UTF-8 (RFC 8259 section 8.1), and a charset the answer claims may not even exist.
            using var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
            if (json.RootElement.ValueKind != JsonValueKind.Object) { return new TokenEndpointBody(); }
            var body = new TokenEndpointBody { IsObject = true };
            foreach (var field in json.RootElement.EnumerateObject())
            {
                var kind = field.Value.ValueKind;
                body._fields[field.Name] = (kind is JsonValueKind.String or JsonValueKind.Number ? field.Value.ToString() : null, kind);
            }

            return body;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: text that is no valid UTF-16, such as half a surrogate pair.
            return new TokenEndpointBody();
        }
    }
}
