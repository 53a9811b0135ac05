using System.Text.Json;

namespace Bff.Tokens;

/// <summary>The fields of a token endpoint's answer, whatever it is. The message library reads them for status 200 and 400 only.</summary>
internal sealed class TokenEndpointBody
{
    private readonly Dictionary<string, string> _fields = [];

    public bool IsObject { get; private init; }

    /// <summary>Null when the field is missing, empty, or neither text nor number.</summary>
    public string? Text(string name) => _fields.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    public static async Task<TokenEndpointBody> ReadAsync(HttpResponseMessage answer)
    {
        try
        {
            // As bytes: JSON is UTF-8 (RFC 8259 section 8.1), and a charset the answer claims may not even exist.
            using var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
            if (json.RootElement.ValueKind != JsonValueKind.Object) { return new TokenEndpointBody(); }
            var body = new TokenEndpointBody { IsObject = true };
            foreach (var field in json.RootElement.EnumerateObject().Where(field => field.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number))
            {
                body._fields[field.Name] = field.Value.ToString();
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
