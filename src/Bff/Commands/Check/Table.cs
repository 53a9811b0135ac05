namespace Bff.Commands.Check;

internal static class Table
{
    private const int Check = 20, Result = 13;

    private const int MaxLine = 2000;

    public static void Print(IEnumerable<Finding> findings)
    {
        Row("CHECK", "RESULT", "FOUND, AND WHAT TO DO");
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
        Commands.Check.Result.Ok => Paint.Green(Cell("ok")),
        Commands.Check.Result.Warning => Paint.Yellow(Cell("warning")),
        Commands.Check.Result.Mistake => Paint.Red(Cell("MISTAKE")),
        _ => Paint.Red(Cell("UNREACHABLE")),
    };

    private static string Cell(string result) => result.PadRight(Result);

    private static void Row(string check, string result, string text) =>
        Console.WriteLine($"{Printable.Text(check).PadRight(Check)} {Cell(result)} {Printable.Text(text, MaxLine)}".TrimEnd());
}
