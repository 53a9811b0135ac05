using System.Reflection;
using System.Text.RegularExpressions;

namespace Bff.Tests.Documentation;

/// <summary>What the <c>///</c> lines of an options class say, and how its values are written in a configuration.</summary>
internal static partial class OptionText
{
    /// <summary>The summary of a type or of one of its properties, as plain text.</summary>
    public static string Summary(Type type, string? property = null)
    {
        var source = File.ReadAllText(Repository.Sources().Single(file => Path.GetFileName(file) == type.Name + ".cs"));
        var declared = property is null ? $"(?:class|record) {type.Name}\\b" : $"public [^\\n=(]+ {property} {{";
        var text = Regex.Match(source, $@"(?<doc>(?:[ ]*///[^\n]*\n)+)(?:[ ]*\[[^\n]*\n)*[ ]*(?:[a-z]+ )*{declared}").Groups["doc"].Value;
        if (text.Length == 0) { throw new InvalidOperationException($"{type.Name}.{property} has no summary."); }
        var plain = Reference().Replace(Slashes().Replace(text, " "), match => match.Groups[1].Value.Split('.')[^1]);
        return Space().Replace(Tag().Replace(plain, ""), " ").Trim();
    }

    /// <summary>The shortest that means this time: <c>90s</c> is <c>1m30s</c>.</summary>
    public static string Duration(TimeSpan time)
    {
        if (time == TimeSpan.Zero) { return "0"; }
        var parts = new[] { (time.Days, "d"), (time.Hours, "h"), (time.Minutes, "m"), (time.Seconds, "s"), (time.Milliseconds, "ms") };
        return string.Concat(parts.Where(part => part.Item1 > 0).Select(part => $"{part.Item1}{part.Item2}"));
    }

    /// <summary>The properties a configuration can set.</summary>
    public static IEnumerable<PropertyInfo> Settings(Type options) => options.GetProperties().Where(property => property.CanWrite);

    [GeneratedRegex(@"^\s*///", RegexOptions.Multiline)]
    private static partial Regex Slashes();

    [GeneratedRegex("""<see cref="([^"]+)"\s*/>""")]
    private static partial Regex Reference();

    [GeneratedRegex("</?[a-z]+>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
