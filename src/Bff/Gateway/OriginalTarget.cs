using System.Text;

namespace Bff.Gateway;

/// <summary>
/// Path and query of the request that a gateway asks about. Which address it is for is read three times, by the gateway that chooses an upstream, by Bff and by
/// the upstream, and gateways decode, merge and resolve before they compare: what they might read otherwise than Bff is refused, whatever it was meant for.
/// </summary>
/// <param name="Raw">As the browser sent it.</param>
/// <param name="Path">Decoded, as the server decodes those that come here themselves.</param>
/// <param name="Query">Empty, or with its question mark.</param>
internal sealed record OriginalTarget(string Raw, PathString Path, QueryString Query)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <returns>Null for one that has more than one meaning, or none.</returns>
    public static OriginalTarget? Parse(string raw)
    {
        if (raw is not ['/', ..] || raw.Any(c => c is <= ' ' or > '~' or '#')) { return null; }
        var end = raw.IndexOf('?', StringComparison.Ordinal);
        var (path, query) = end < 0 ? (raw, "") : (raw[..end], raw[end..]);
        return Decode(path) is { } decoded && HasOneMeaning(decoded) ? new(raw, new PathString(decoded), new QueryString(query)) : null;
    }

    /// <returns>Null for what is no percent-encoded UTF-8.</returns>
    private static string? Decode(string path)
    {
        if (!path.Contains('%', StringComparison.Ordinal)) { return path; }
        var bytes = new byte[path.Length];
        var length = 0;
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] != '%')
            {
                bytes[length++] = (byte)path[i];
                continue;
            }

            if (!IsEncoded(path, i)) { return null; }
            bytes[length++] = Convert.FromHexString(path.AsSpan(i + 1, 2))[0];
            if (bytes[length - 1] is (byte)'/' or (byte)'\\') { return null; }   // some take it for a separator, some for a letter
            i += 2;
        }

        try
        {
            return Strict.GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>Of parameters and of dots behind them, which gateways leave alone, <see cref="Guard.OneMeaning"/> knows more.</summary>
    private static bool HasOneMeaning(string path)
    {
        if (path.Contains("//", StringComparison.Ordinal) || path.Any(c => c is '\\' || char.IsControl(c))) { return false; }
        if (path.Split('/').Any(segment => segment is "." or "..")) { return false; }
        for (var i = path.IndexOf('%', StringComparison.Ordinal); i >= 0; i = path.IndexOf('%', i + 1))
        {
            if (IsEncoded(path, i)) { return false; }   // whoever decodes once more reads another path
        }

        return true;
    }

    private static bool IsEncoded(string text, int at) =>
        text.Length > at + 2 && char.IsAsciiHexDigit(text[at + 1]) && char.IsAsciiHexDigit(text[at + 2]);
}
