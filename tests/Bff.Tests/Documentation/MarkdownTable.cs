using System.Text.RegularExpressions;

namespace Bff.Tests.Documentation;

/// <summary>The tables of a Markdown page, by the heading they stand under.</summary>
internal static partial class MarkdownTable
{
    /// <summary>The cells of each row under a heading, the names of the columns left out.</summary>
    public static IReadOnlyList<string[]> Rows(string page, string heading)
    {
        var after = page.Split('\n').SkipWhile(line => !IsHeading(line) || line.TrimStart('#', ' ') != heading).Skip(1);
        var section = after.TakeWhile(line => !IsHeading(line)).ToList();
        var rows = new List<string[]>();
        for (var i = 0; i < section.Count; i++)
        {
            var isTitle = i == 0 || !section[i - 1].StartsWith('|');
            if (section[i].StartsWith('|') && !isTitle && !section[i].StartsWith("|--", StringComparison.Ordinal)) { rows.Add(Cells(section[i])); }
        }

        return rows.Count > 0 ? rows : throw new ArgumentException($"There is no table under '{heading}'.");
    }

    /// <summary>What stands in backticks.</summary>
    public static IReadOnlyList<string> Code(string cell) => [.. Backticks().Matches(cell).Select(match => match.Groups[1].Value)];

    private static bool IsHeading(string line) => line.StartsWith('#');

    private static string[] Cells(string line) =>
        [.. Pipe().Split(line.Trim().Trim('|')).Select(cell => cell.Replace(@"\|", "|", StringComparison.Ordinal).Trim())];

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Backticks();

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex Pipe();
}
