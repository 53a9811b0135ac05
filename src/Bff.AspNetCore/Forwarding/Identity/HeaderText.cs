using System.Buffers;
using System.Text;

namespace Bff.Forwarding.Identity;

/// <summary>
/// Text as the value of a header: printable ASCII stands as it is, and everything else, the percent sign included, as the bytes of its UTF-8 with a percent sign
/// before each (RFC 3986 section 2.1). So there is one way to read it, and no value that ends a line or begins another.
/// </summary>
internal static class HeaderText
{
    private static readonly SearchValues<char> Plain = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c).Where(c => c != '%')]);

    private static readonly SearchValues<char> PlainInList = SearchValues.Create(
        [.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c).Where(c => c is not ('%' or ','))]);

    public static string Of(string text) => Of(text, Plain);

    /// <summary>Separated by commas; one within a value is encoded.</summary>
    public static string OfList(IEnumerable<string> values) =>
        string.Join(',', values.Where(value => value.Length > 0).Select(value => Of(value, PlainInList)));

    private static string Of(string text, SearchValues<char> plain)
    {
        var isPlain = !text.AsSpan().ContainsAnyExcept(plain) && text is not ([' ', ..] or [.., ' ']);   // spaces at the ends would be lost
        if (isPlain) { return text; }
        var written = new StringBuilder(text.Length + 16);
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var i = 0; i < bytes.Length; i++)
        {
            var c = (char)bytes[i];
            if (plain.Contains(c) && !(c == ' ' && (i == 0 || i == bytes.Length - 1))) { written.Append(c); }
            else { written.Append('%').Append(bytes[i].ToString("X2", System.Globalization.CultureInfo.InvariantCulture)); }
        }

        return written.ToString();
    }
}
