using System.Text.Json;

namespace Bff.Providers;

/// <summary>
/// Finds a claim by its name, or below claims that are JSON objects by names with dots between them: <c>realm_access.roles</c>. A name with dots in it, such as
/// <c>https://example.com/roles</c>, is found, too: the longest name that is there counts.
/// </summary>
internal static class ClaimPath
{
    public const int MaxLength = 256;

    /// <returns>Null where it is not there; a claim that is <c>null</c> is.</returns>
    public static JsonElement? Find(JsonElement claims, string path)
    {
        if (claims.ValueKind != JsonValueKind.Object) { return null; }
        if (claims.TryGetProperty(path, out var found)) { return found; }
        for (var dot = path.LastIndexOf('.'); dot > 0; dot = path.LastIndexOf('.', dot - 1))
        {
            if (claims.TryGetProperty(path[..dot], out var inner) && Find(inner, path[(dot + 1)..]) is { } below) { return below; }
        }

        return null;
    }

    /// <summary>
    /// As <see cref="Texts"/>; of an object the names of its members, as Zitadel writes roles and who granted them. One that is <c>null</c> or <c>false</c> is
    /// not given.
    /// </summary>
    public static IEnumerable<string> Roles(JsonElement? claim) => claim is { ValueKind: JsonValueKind.Object } roles
        ? from member in roles.EnumerateObject()
          group member by member.Name into same   // a name that comes twice: the last one counts
          where same.Key.Length > 0 && same.Last().Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.False)
          select same.Key
        : Texts(claim);

    /// <summary>The text of a claim, or of each entry of a list; what is an object, empty or <c>null</c> has none.</summary>
    public static IEnumerable<string> Texts(JsonElement? claim) => claim switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => list.EnumerateArray().SelectMany(entry => entry.ValueKind == JsonValueKind.Array ? [] : Texts(entry)),
        { ValueKind: JsonValueKind.String } text when text.GetString() is { Length: > 0 } value => [value],
        { ValueKind: JsonValueKind.Number } number => [number.GetRawText()],
        _ => [],
    };
}
