using System.Text.RegularExpressions;

namespace Bff.Tests.Documentation;

/// <summary>Links of the pages at the root and in <c>docs</c> lead to a file that is there and to a heading it has.</summary>
public sealed partial class LinksTests
{
    [Fact]
    public void Every_link_of_the_pages_leads_somewhere()
    {
        var pages = Repository.Pages();

        pages.Count.ShouldBeGreaterThan(20);
        pages.SelectMany(DeadLinks).ShouldBeEmpty();
    }

    private static IEnumerable<string> DeadLinks(string page)
    {
        foreach (var link in Link().Matches(WithoutCode(page)).Select(match => match.Groups["target"].Value))
        {
            if (link.Contains(':', StringComparison.Ordinal)) { continue; }
            var (file, heading) = link.Split('#') is [var before, var after] ? (before, after) : (link, null);
            var target = file.Length == 0 ? page : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, file));
            var isThere = File.Exists(target) || Directory.Exists(target);
            if (isThere && (heading is null || !target.EndsWith(".md", StringComparison.Ordinal) || Anchors(target).Contains(heading))) { continue; }
            yield return $"{Path.GetRelativePath(Repository.Root, page)}: {link}";
        }
    }

    /// <summary>As GitHub makes them of headings, and those that a page sets itself.</summary>
    private static IEnumerable<string> Anchors(string page)
    {
        var text = WithoutCode(page);
        return Heading().Matches(text).Select(match => NotInAnchors().Replace(match.Groups["words"].Value.ToLowerInvariant(), "").Replace(' ', '-'))
            .Concat(OwnAnchor().Matches(text).Select(match => match.Groups["name"].Value));
    }

    private static string WithoutCode(string page) => CodeBlock().Replace(File.ReadAllText(page), "");

    [GeneratedRegex("^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (?<words>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Heading();

    [GeneratedRegex("""id="(?<name>[^"]+)["]""", RegexOptions.ExplicitCapture)]
    private static partial Regex OwnAnchor();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchors();
}
