using System.Globalization;
using Bff.Configuration;

namespace Bff.Forwarding;

/// <summary>Reads what a route's metadata say, once, when the route is loaded; a value that is wrong is an error under its key.</summary>
internal static class RouteMetadata
{
    /// <returns>Null where the route says nothing.</returns>
    /// <exception cref="FormatException">The word is none of the enum's; a number, though the enum would take it, is none.</exception>
    public static T? Word<T>(IReadOnlyDictionary<string, string>? metadata, string key)
        where T : struct, Enum => Find(metadata, key) is not { } word ? null
        : Enum.GetNames<T>().Contains(word, StringComparer.Ordinal) && Enum.TryParse<T>(word, out var value) ? value
        : throw new FormatException($"'{word}' is none of {string.Join(", ", Enum.GetNames<T>())}.");

    /// <returns>False where the route says nothing.</returns>
    /// <exception cref="FormatException">It is neither <c>true</c> nor <c>false</c>.</exception>
    public static bool Flag(IReadOnlyDictionary<string, string>? metadata, string key) => Find(metadata, key) is { } text
        && (bool.TryParse(text, out var value) ? value : throw new FormatException($"'{text}' is neither true nor false."));

    /// <returns>Null where the route says nothing.</returns>
    /// <exception cref="FormatException">It is no whole number in the range.</exception>
    public static int? Number(IReadOnlyDictionary<string, string>? metadata, string key, int min, int max) =>
        Find(metadata, key) is not { } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max ? value
        : throw new FormatException($"'{text}' is no number between {min} and {max}.");

    /// <returns>Null where the route says nothing.</returns>
    /// <exception cref="FormatException">It is no duration in the range.</exception>
    public static TimeSpan? Duration(IReadOnlyDictionary<string, string>? metadata, string key, TimeSpan min, TimeSpan max)
    {
        if (Find(metadata, key) is not { } text) { return null; }
        if (!Durations.TryParse(text, out var value)) { throw new FormatException($"{Durations.Explain(text)}."); }
        return value >= min && value <= max ? value : throw new FormatException($"must be between {min} and {max} ([d.]hh:mm:ss).");
    }

    /// <returns>Why it cannot be read; null when it can.</returns>
    public static string? MistakeOf(Action read)
    {
        try
        {
            read();
            return null;
        }
        catch (FormatException error)
        {
            return error.Message;
        }
    }

    private static string? Find(IReadOnlyDictionary<string, string>? metadata, string key) => metadata?.GetValueOrDefault(key);
}
