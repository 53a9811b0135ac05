namespace Bff.Commands.Check;

internal static class Table
{
    private const int Check = 20, Result = 13;

    private const int LongestLine = 2000;

    public static void Print(IEnumerable<Finding> findings)
    {
        Row("CHECK", "RESULT", "FOUND, AND ITS CURE");
        foreach (var finding in findings)
        {
            var lines = finding.Found.ReplaceLineEndings("\n").Split('\n');
            Row(finding.Check, Word(finding.Result), lines[0]);
            foreach (var line in lines[1..]) { Row("", "", line); }
            if (finding.Cure is { } cure) { Row("", "", "-> " + cure); }
        }
    }

    private static string Word(Result result) => result switch
    {
        Commands.Check.Result.Ok => "ok",
        Commands.Check.Result.Warning => "warning",
        Commands.Check.Result.Mistake => "MISTAKE",
        _ => "UNREACHABLE",
    };

    private static void Row(string check, string result, string text) =>
        Console.WriteLine($"{Printable.Text(check).PadRight(Check)} {result.PadRight(Result)} {Printable.Text(text, LongestLine)}".TrimEnd());
}
