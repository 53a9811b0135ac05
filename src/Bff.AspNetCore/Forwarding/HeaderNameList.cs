using System.Buffers;
using System.Collections.Frozen;

namespace Bff.Forwarding;

/// <summary>
/// Names of request headers in the configuration: a route's own list, stated in its YARP metadata as <c>Bff.RequestHeaders</c>, and the check of every such
/// name.
/// </summary>
internal static class HeaderNameList
{
    public const string MetadataKey = "Bff.RequestHeaders";

    private const int MaxLength = 64;

    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");   // RFC 9110 section 5.6.2

    private static readonly HashSet<string> NeverAllowed = new(StringComparer.OrdinalIgnoreCase)
    {
        "Authorization", "Proxy-Authorization", "DPoP", "Cookie", "Forwarded", "X-Forwarded", "Proxy",
        "Host", "Connection", "Proxy-Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length", "X-Content-Length",
    };

    /// <summary>Reads a route's list; null when the route has none. Names are separated by commas or spaces.</summary>
    /// <exception cref="FormatException">The list is empty, or a name on it may not pass.</exception>
    public static FrozenSet<string>? Read(IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is null || !metadata.TryGetValue(MetadataKey, out var list)) { return null; }
        var names = list.Split([',', ' '], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (names.Length == 0)
        {
            throw new FormatException("names no header; leave it out to forward everything but the headers upstreams take for identity or origin.");
        }
        var objections = names.Select(Objection).OfType<string>().ToList();
        return objections.Count == 0 ? names.ToFrozenSet(StringComparer.OrdinalIgnoreCase) : throw new FormatException(string.Join(" ", objections));
    }

    /// <returns>Why this header may not be let through by configuration; null when it may.</returns>
    public static string? Objection(string name)
    {
        if (name.Length is 0 or > MaxLength || name.AsSpan().ContainsAnyExcept(TokenCharacters)) { return "is not the name of a header."; }

        // Servers that map headers to variables make no difference between dash and underscore.
        var spelled = name.Replace('_', '-');
        return NeverAllowed.Contains(spelled) || spelled.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)
            ? $"'{name}' cannot be let through: upstreams take it for the proxy's own word." : null;
    }
}
