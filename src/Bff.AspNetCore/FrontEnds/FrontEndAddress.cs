using System.Buffers;

namespace Bff.FrontEnds;

/// <summary>What a front end is told by: a host, a path, or both.</summary>
internal static class FrontEndAddress
{
    private static readonly SearchValues<char> NoHost = SearchValues.Create("/?#@\\ ");

    private const string Scheme = "https://";

    /// <returns>Null when the text is no <c>host[:port]</c>.</returns>
    public static HostString? ParseHost(string text)
    {
        if (text.AsSpan().ContainsAny(NoHost) || !Uri.TryCreate(Scheme + text, UriKind.Absolute, out var uri) || uri.Host.EndsWith('.')) { return null; }
        if (PublicAddress.AsciiHost(uri) is not { Length: > 0 } name) { return null; }
        return text.EndsWith($":{uri.Port}", StringComparison.Ordinal) ? new HostString(name, uri.Port) : new HostString(name);
    }

    /// <returns>Null when the text is no path that could stand before ours; empty for none.</returns>
    public static PathString? ParsePath(string? text)
    {
        if (string.IsNullOrEmpty(text)) { return PathString.Empty; }
        var isPath = text[0] == '/' && text[^1] != '/' && !text.Contains("//", StringComparison.Ordinal)
            && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '-' or '_' or '.' or '~') && !text.Split('/').Any(part => part is "." or "..");
        return isPath ? new PathString(text) : default(PathString?);   // null alone would be a path: an empty one
    }
}
