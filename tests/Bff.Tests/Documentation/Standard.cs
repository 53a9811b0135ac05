namespace Bff.Tests.Documentation;

/// <summary>A standard and its lines, as <c>tests/Shared/standards.tsv</c> has them: an id without a number opens one, the others are its lines.</summary>
internal sealed record Standard(string Name, string Title, string Remark, IReadOnlyList<Standard.Line> Lines)
{
    public const string File = "tests/Shared/standards.tsv";

    /// <param name="Section">Of the document it comes from; empty where it comes from none.</param>
    /// <param name="Requirement">In our own words.</param>
    /// <param name="Verdict">Begins with one of <see cref="Verdicts"/>; then the option, or the reason.</param>
    internal sealed record Line(string Id, string Section, string Requirement, string Verdict);

    public static readonly string[] Verdicts = ["held by choice", "held", "not applicable"];

    public static IReadOnlyList<Standard> All()
    {
        var all = new List<Standard>();
        foreach (var row in Repository.Read(File).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1))
        {
            if (row.Split('\t') is not [var id, var section, var text, var verdict]) { throw new FormatException($"{File}: four columns, please: {row}"); }
            if (!id.Contains('-', StringComparison.Ordinal)) { all.Add(new(id, text, verdict, new List<Line>())); }
            else { ((List<Line>)all[^1].Lines).Add(new(id, section, text, verdict)); }
        }

        return all;
    }
}
