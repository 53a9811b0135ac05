using System.Text.RegularExpressions;

namespace Bff.BrowserTests.World;

/// <summary>What README and <c>docs</c> show, so that tests run the very lines a reader copies.</summary>
internal static partial class Documentation
{
    public static IEnumerable<string> Pages => Directory
        .EnumerateFiles(Path.Combine(SourceTree.Root, "docs"), "*.md", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(SourceTree.Root, file)).Order(StringComparer.Ordinal).Prepend("README.md");

    /// <param name="Page">The file, from the root of the repository.</param>
    /// <param name="Line">Where the code begins in it, counted from 0.</param>
    /// <param name="Language">What follows the fence.</param>
    /// <param name="IsOld">A comment before it says that it shows the code of another library.</param>
    /// <param name="Code">The lines between the fences.</param>
    public sealed record CodeBlock(string Page, int Line, string Language, bool IsOld, string Code);

    public static IEnumerable<CodeBlock> Blocks(string page)
    {
        var text = File.ReadAllText(Path.Combine(SourceTree.Root, page));
        return Fence().Matches(text).Select(match => new CodeBlock(
            page, LinesBefore(match.Groups["code"].Index), match.Groups["language"].Value, match.Groups["old"].Success, match.Groups["code"].Value));

        int LinesBefore(int index) => text.AsSpan(0, index).Count('\n');
    }

    /// <summary>The one block of a page that begins with this line.</summary>
    public static string Block(string page, string firstLine) =>
        Blocks(page).Single(block => block.Code.StartsWith(firstLine + "\n", StringComparison.Ordinal)).Code;

    /// <summary>README's example of a page, for this Bff.</summary>
    public static string Example(string bffUrl) =>
        Blocks("README.md").Single(block => block.Language == "js").Code.Replace("http://localhost:3001", bffUrl, StringComparison.Ordinal);

    [GeneratedRegex(
        """^(?<old><!-- old code -->\n+)?```(?<language>[a-z]+)\n(?<code>.*?)^```$""",
        RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Fence();
}
