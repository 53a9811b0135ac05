namespace Bff.Commands;

/// <summary>Colours on a terminal only, and not where NO_COLOR (no-color.org) asks for none.</summary>
internal static class Paint
{
    private static readonly bool IsOn = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } terminal && terminal != "dumb";

    public static string Red(string text) => In("31", text);

    public static string Yellow(string text) => In("33", text);

    public static string Green(string text) => In("32", text);

    private static string In(string colour, string text) => IsOn ? $"\u001B[{colour}m{text}\u001B[0m" : text;
}
