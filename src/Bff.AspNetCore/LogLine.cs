using System.Collections;
using System.Globalization;
using System.Text;

namespace Bff;

/// <summary>A log line that is all fields: <c>name=value name=value</c> as text, and the same values by name for formatters that keep them apart.</summary>
/// <param name="head">The first field, whose value the text begins with; null for none.</param>
/// <param name="fields">In their order. Those that are null are left out; text is to be printable already.</param>
internal sealed class LogLine((string Name, string Value)? head, params IEnumerable<(string Name, object? Value)> fields)
    : IReadOnlyList<KeyValuePair<string, object?>>
{
    private readonly KeyValuePair<string, object?>[] _fields =
    [
        .. fields.Prepend((head?.Name ?? "", head?.Value)).Where(field => field.Item2 is not null)
            .Select(field => new KeyValuePair<string, object?>(field.Item1, field.Item2)),
    ];

    public int Count => _fields.Length;

    public KeyValuePair<string, object?> this[int index] => _fields[index];

    public void WriteTo(ILogger logger, LogLevel level, EventId id)
    {
        if (logger.IsEnabled(level)) { logger.Log(level, id, this, exception: null, (line, _) => line.ToString()); }
    }

    public override string ToString()
    {
        var text = new StringBuilder(head?.Value);
        foreach (var (name, value) in _fields.Skip(head is null ? 0 : 1))
        {
            var written = Convert.ToString(value, CultureInfo.InvariantCulture)!;
            text.Append(text.Length > 0 ? " " : "").Append(InText(name)).Append('=');
            text.Append(written.Contains(' ', StringComparison.Ordinal) ? Printable.Word(written) : written);
        }

        return text.ToString();
    }

    /// <summary><c>ReadableFrom</c> is <c>readable_from</c>.</summary>
    private static string InText(string name) =>
        string.Concat(name.Select((c, at) => char.IsAsciiLetterUpper(c) ? (at > 0 ? "_" : "") + char.ToLowerInvariant(c) : c.ToString()));

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, object?>>)_fields).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
