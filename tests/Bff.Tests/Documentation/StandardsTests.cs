using System.Globalization;
using System.Text;

namespace Bff.Tests.Documentation;

/// <summary>Each line of the standards has a test; docs/standards.md lists both, and <c>BFF_WRITE_DOCS=1</c> brings its lists up to date.</summary>
public sealed class StandardsTests
{
    private const string Page = "docs/standards.md", Generated = "<!-- Made from tests/Shared/standards.tsv and the tests. -->\n";

    /// <summary>Standards whose tests are being written; their lines may lack one.</summary>
    private static readonly string[] Awaited = [];

    private static readonly IReadOnlyList<Standard> Standards = Standard.All();

    private static readonly IReadOnlyList<Mutation> Mutations = Mutation.All();

    private static readonly ILookup<string, StandardTest> Tests =
        StandardTest.All().SelectMany(test => test.Lines.Select(line => (line, test))).ToLookup(pair => pair.line, pair => pair.test);

    [Fact]
    public void Every_line_has_a_test() =>
        Standards.Where(standard => !Awaited.Contains(standard.Name)).SelectMany(standard => standard.Lines).Select(line => line.Id)
            .Where(line => !Tests.Contains(line)).ShouldBeEmpty("write the test, or mark the one that is there with [Trait(\"Standard\", …)]");

    [Fact]
    public void Every_test_names_a_line() =>
        Tests.Select(tests => tests.Key).Except(Standards.SelectMany(standard => standard.Lines).Select(line => line.Id))
            .ShouldBeEmpty($"add the line to {Standard.File}, or correct the trait");

    [Fact]
    public void Every_line_is_well_formed()
    {
        Standards.Count.ShouldBe(18);
        foreach (var standard in Standards)
        {
            var numbers = standard.Lines.Select(line => int.Parse(line.Id[(standard.Name.Length + 1)..], CultureInfo.InvariantCulture)).ToList();
            numbers.ShouldBe(numbers.Distinct().Order().ToList(), $"the lines of {standard.Name} are in order");
            standard.Lines.ShouldAllBe(line => line.Id.StartsWith(standard.Name + "-", StringComparison.Ordinal) && line.Requirement.EndsWith('.'));
            standard.Lines.ShouldAllBe(line => Standard.Verdicts.Any(verdict => line.Verdict.StartsWith(verdict, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void Each_defence_that_is_taken_out_is_still_there_and_its_test_holds_the_line()
    {
        Mutations.Count.ShouldBeGreaterThanOrEqualTo(10);
        foreach (var mutation in Mutations)
        {
            Repository.Read(mutation.File).ShouldContain(mutation.Old, Case.Sensitive, $"make eng/mutations/{mutation.Name}.patch anew");
            Tests[mutation.Line].Select(test => test.Name).ShouldContain(
                name => name == mutation.TestName || mutation.TestName.StartsWith(name + ".", StringComparison.Ordinal), mutation.Name);
        }
    }

    [Fact]
    public void The_page_lists_lines_verdicts_and_tests()
    {
        var text = Repository.Read(Page);
        var expected = text[..(text.IndexOf(Generated, StringComparison.Ordinal) + Generated.Length)] + Lists();
        Repository.WriteIfAsked(Page, expected);
        Repository.Read(Page).ShouldBe(expected, Repository.HowToWrite);
    }

    private static string Lists()
    {
        var page = new StringBuilder("\n| Standard | Lines | Held | By choice | Not applicable | Not yet | Tests |\n|---|--:|--:|--:|--:|--:|--:|\n");
        foreach (var standard in Standards) { page.Append(Summary(standard)); }
        foreach (var standard in Standards) { page.Append(List(standard)); }
        page.Append("\n## Taken out\n\nWhat `eng/mutate.sh` takes out, and the test that fails then.\n\n| Line | Without | Test |\n|---|---|---|\n");
        foreach (var one in Mutations) { page.Append(CultureInfo.InvariantCulture, $"| {one.Line} | {one.Without} | `{one.TestName}` |\n"); }
        return page.ToString();
    }

    private static string Summary(Standard standard)
    {
        var verdicts = standard.Lines.CountBy(Verdict).ToDictionary();
        var numbers = new[] { standard.Lines.Count, Of("held"), Of("held by choice"), Of("not applicable"), Of("not yet"), TestsOf(standard) };
        return $"| [{standard.Name}](#{standard.Name.ToLowerInvariant()}) | {string.Join(" | ", numbers)} |\n";

        int Of(string verdict) => verdicts.GetValueOrDefault(verdict);
    }

    private static int TestsOf(Standard standard) => standard.Lines.SelectMany(line => Tests[line.Id]).Select(test => test.Name).Distinct().Count();

    private static string Verdict(Standard.Line line) =>
        Tests.Contains(line.Id) ? Standard.Verdicts.First(verdict => line.Verdict.StartsWith(verdict, StringComparison.Ordinal)) : "not yet";

    private static string List(Standard standard)
    {
        var title = $"\n## {standard.Name}\n\n{standard.Title}. {standard.Remark}".TrimEnd();
        var list = new StringBuilder(title + "\n\n| Line | § | Requirement | Verdict | Tests |\n|---|---|---|---|---|\n");
        foreach (var (id, section, requirement, said) in standard.Lines)
        {
            var tests = Tests[id].OrderBy(test => test.File, StringComparer.Ordinal).ThenBy(test => test.Method, StringComparer.Ordinal).Select(Link);
            var verdict = Tests.Contains(id) ? said : "not yet";
            list.Append(CultureInfo.InvariantCulture, $"| {id} | {section} | {requirement} | {verdict} | {string.Join("<br>", tests)} |\n");
        }

        return list.ToString();
    }

    private static string Link(StandardTest test) => $"[{(test.Method ?? test.Class).Replace('_', ' ')}](../{test.File.Replace('\\', '/')})";
}
