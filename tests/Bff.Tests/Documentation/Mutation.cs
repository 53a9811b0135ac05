namespace Bff.Tests.Documentation;

/// <summary>A patch that takes one defence out, with the test that must fail then: <c>eng/mutate.sh</c> tries them.</summary>
/// <param name="Name">The file's.</param>
/// <param name="Without">What is gone, in a sentence.</param>
/// <param name="Line">Of a standard.</param>
/// <param name="Test">Project, then class and method.</param>
/// <param name="File">The file that is changed.</param>
/// <param name="Old">Its text that is taken out or stands beside it.</param>
internal sealed record Mutation(string Name, string Without, string Line, string Test, string File, string Old)
{
    public string TestName => Test[(Test.IndexOf(' ', StringComparison.Ordinal) + 1)..];

    public static IReadOnlyList<Mutation> All() =>
        [.. Directory.GetFiles(Path.Combine(Repository.Root, "eng", "mutations"), "*.patch").Order(StringComparer.Ordinal).Select(Read)];

    private static Mutation Read(string patch)
    {
        var lines = System.IO.File.ReadAllLines(patch);
        var changed = lines.SkipWhile(line => !line.StartsWith("@@", StringComparison.Ordinal)).Skip(1).Where(line => line.Length > 0 && line[0] is ' ' or '-');
        return new(Path.GetFileNameWithoutExtension(patch), After("Without: "), After("Line: "), After("Test: "), After("--- a/"),
            string.Join('\n', changed.Select(line => line[1..])));

        string After(string word) => lines.First(line => line.StartsWith(word, StringComparison.Ordinal))[word.Length..];
    }
}
