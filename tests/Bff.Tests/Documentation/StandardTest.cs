using System.Text.RegularExpressions;

namespace Bff.Tests.Documentation;

/// <summary>
/// A test, or a class of tests, that names lines of a standard: by <c>[Trait("Standard", "BBA-12")]</c>, in the page script's own tests by
/// <c>// Standard: BBA-12</c>. Read from the source, because the tests are in programs that know nothing of each other.
/// </summary>
internal sealed partial record StandardTest(string File, string Class, string? Method, IReadOnlyList<string> Lines)
{
    public string Name => Method is null ? Class : $"{Class}.{Method}";

    public static IReadOnlyList<StandardTest> All() =>
    [
        .. Files("tests", "*.cs").SelectMany(file => Read(file, CSharpMark(), CSharpName())),
        .. Files("src/bff-js/test", "*.test.js").SelectMany(file => Read(file, ScriptMark(), ScriptName())),
    ];

    private static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), pattern, SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Repository.Root, file))
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "node_modules"))
            .Order(StringComparer.Ordinal);

    private static IEnumerable<StandardTest> Read(string file, Regex mark, Regex name)
    {
        var type = Path.GetFileName(file).Split('.')[0];
        var lines = new List<string>();
        foreach (var text in Repository.Read(file).Split('\n'))
        {
            var marks = mark.Matches(text);
            lines.AddRange(marks.SelectMany(match => match.Groups["lines"].Value.Split(", ")));
            if (marks.Count > 0 || lines.Count == 0 || name.Match(text) is not { Success: true } declared) { continue; }
            yield return new(file, type, declared.Groups["method"] is { Success: true, Value: var method } ? method : null, lines);
            lines = [];
        }

        if (lines.Count > 0) { throw new FormatException($"{file}: {string.Join(", ", lines)} stand before no test."); }
    }

    [GeneratedRegex("""(?<=^\s*\[.*)\bTrait\("Standard", "(?<lines>[^"]+)["]\)""", RegexOptions.ExplicitCapture)]
    private static partial Regex CSharpMark();

    [GeneratedRegex(@"^\s*(public|internal) (?:[\w<>]+ )*?(class \w+|(?<method>\w+)\()", RegexOptions.ExplicitCapture)]
    private static partial Regex CSharpName();

    [GeneratedRegex(@"^\s*// Standard: (?<lines>.+)$", RegexOptions.ExplicitCapture)]
    private static partial Regex ScriptMark();

    [GeneratedRegex(@"\btest\('(?<method>[^']+)'", RegexOptions.ExplicitCapture)]
    private static partial Regex ScriptName();
}
