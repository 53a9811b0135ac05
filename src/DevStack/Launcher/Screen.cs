namespace DevStack.Launcher;

/// <summary>The launcher's output: every line says whose it is.</summary>
internal sealed class Screen
{
    private const int NameWidth = 8;

    private readonly bool _colours = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    public void Line(Member member, string text) => Console.WriteLine($"{Paint(member.Colour, member.Name.PadRight(NameWidth))} | {text}");

    public void Say(string text) => Console.WriteLine($"{Paint(1, "devstack")} | {text}");

    public void Complain(string text) => Console.Error.WriteLine($"{Paint(31, "devstack")} | {text}");

    public static void Plain(string text) => Console.WriteLine(text);

    private string Paint(int code, string text) => _colours ? $"\e[{code}m{text}\e[0m" : text;
}
