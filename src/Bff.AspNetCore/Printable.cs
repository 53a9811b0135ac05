using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Bff;

/// <summary>
/// Foreign text on its way to a terminal, a log line, an audit line or a probe's response: it is cut, cannot break a line or steer a terminal, and shows no
/// credentials.
/// </summary>
internal static partial class Printable
{
    /// <summary>Stands for what is not shown.</summary>
    public const string Mask = "********";

    private const int MaxText = 256;
    private const int MaxWord = 128;

    /// <summary>
    /// As it is, with control, format (also those that turn the direction of writing) and unassigned characters as <c>\u001B</c>, and not longer than
    /// <paramref name="max"/>.
    /// </summary>
    public static string Text(string? text, int max = MaxText) => Written(text, max, spaces: true);

    /// <summary>As <see cref="Text"/> and without white space, for lines of <c>key=value</c>.</summary>
    public static string Word(string? text) => Written(text, MaxWord, spaces: false);

    /// <summary>Scheme, host, port and path. User info, query and fragment may be credentials; what is no http address may be anything.</summary>
    public static string Address(string? address)
    {
        if (string.IsNullOrEmpty(address)) { return ""; }
        var end = address.AsSpan().IndexOfAny('?', '#');
        var rest = end < 0 ? "" : address[end..];
        if (Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" or "ws" or "wss")
        {
            // A password with a ? or # in it ends the host early, and what looks like a host is a part of it.
            if (rest.Contains('@', StringComparison.Ordinal)) { return $"{uri.Scheme}://{Mask}"; }
            var shown = uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
            return Text(address.EndsWith('/') ? shown : shown.TrimEnd('/'));   // a slash at the end may be the mistake that a message is about
        }

        return IsListener(address) ? Text(address) : Mask;
    }

    /// <summary>
    /// A path in a folder that exists, or one that nobody would take for anything else: of small letters from the root, with a folder in it. Anything else may
    /// be what should have been in the file.
    /// </summary>
    public static string Path(string? path) =>
        path is not null && (PlainPath().IsMatch(path) || (System.IO.Path.GetDirectoryName(path) is { Length: > 1 } folder && Directory.Exists(folder)))
            ? Text(path) : Mask;

    [GeneratedRegex(@"^(/[a-z0-9._-]{1,64}){2,}\z", RegexOptions.CultureInvariant)]
    private static partial Regex PlainPath();

    /// <summary>Kestrel's <c>http://+:3002</c> and <c>https://*</c>, which are no URIs.</summary>
    private static bool IsListener(string address)
    {
        foreach (var start in (string[])["http://+", "http://*", "https://+", "https://*"])
        {
            if (!address.StartsWith(start, StringComparison.OrdinalIgnoreCase)) { continue; }
            var port = address[start.Length..].TrimEnd('/');
            return port.Length == 0 || (port[0] == ':' && port[1..].All(char.IsAsciiDigit));
        }

        return false;
    }

    private static string Written(string? text, int max, bool spaces)
    {
        var written = new StringBuilder();
        foreach (var rune in (text ?? "").EnumerateRunes())
        {
            if (written.Length >= max) { return written.Append('…').ToString(); }
            if (rune.Value == ' ' || Rune.GetUnicodeCategory(rune) == UnicodeCategory.SpaceSeparator) { written.Append(spaces ? ' ' : '_'); }
            else if (IsPlain(rune)) { written.Append(rune.ToString()); }
            else { written.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}"); }
        }

        return written.ToString();
    }

    private static bool IsPlain(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
