namespace Bff.Tests.Documentation;

/// <summary>The table of rooms in CONTRIBUTING.md is the plan that <see cref="HouseTests"/> hold; <c>BFF_WRITE_DOCS=1</c> brings it up to date.</summary>
public sealed class ContributingTests
{
    private const string Page = "CONTRIBUTING.md", Heading = "Rooms";

    [Fact]
    public void The_table_of_rooms_is_the_plan_of_the_house()
    {
        var text = Repository.Read(Page);
        var said = MarkdownTable.Rows(text, Heading).ToDictionary(cells => cells[0], cells => cells[1]);
        var expected = HouseTests.Plan.Where(entry => entry.Room.Length > 0)
            .Select(entry => Row(entry.Room, said.GetValueOrDefault(Code(entry.Room), ""), entry.Uses)).ToList();
        Repository.WriteIfAsked(Page, Replace(text, expected));

        RowLines(Repository.Read(Page)).ShouldBe(expected, Repository.HowToWrite);
        said.Where(row => row.Value.Length == 0).Select(row => row.Key).ShouldBeEmpty("say what is in the room");
    }

    private static string Row(string room, string about, IEnumerable<string> uses) => $"| {Code(room)} | {about} | {string.Join(", ", uses.Select(Code))} |";

    private static string Code(string room) => $"`{room.Replace('.', '/')}`";

    private static string Replace(string text, IReadOnlyList<string> rows)
    {
        var old = RowLines(text);
        return text.Replace(string.Join('\n', old), string.Join('\n', rows), StringComparison.Ordinal);
    }

    private static List<string> RowLines(string text)
    {
        var section = text.Split('\n').SkipWhile(line => line.TrimStart('#', ' ') != Heading);
        return [.. section.SkipWhile(line => !line.StartsWith("|--", StringComparison.Ordinal)).Skip(1).TakeWhile(line => line.StartsWith('|'))];
    }
}
