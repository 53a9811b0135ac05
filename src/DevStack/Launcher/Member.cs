using System.Diagnostics;

namespace DevStack.Launcher;

/// <summary>One program of the demo world.</summary>
/// <param name="Name">The short name in front of its output.</param>
/// <param name="Colour">The ANSI colour of that name.</param>
/// <param name="Url">Where it listens.</param>
/// <param name="Probe">The path below <paramref name="Url"/>, or another address, that answers 200 when it is ready; null where nothing does.</param>
/// <param name="Ports">Every port it needs.</param>
/// <param name="Program">Its main assembly, or what else is started.</param>
/// <param name="Arguments">What it is called with.</param>
/// <param name="Folder">Its working directory, where it finds its configuration.</param>
/// <param name="IsDotNet">Started by <c>dotnet</c>.</param>
internal sealed record Member(
    string Name, int Colour, string Url, string? Probe, int[] Ports, string Program, string[] Arguments, string Folder, bool IsDotNet = true)
{
    public Uri ProbeUrl => new(new Uri(Url), Probe);

    public ProcessStartInfo StartInfo()
    {
        var start = new ProcessStartInfo(IsDotNet ? "dotnet" : Program, IsDotNet ? [Program, .. Arguments] : Arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["ASPNETCORE_URLS"] = Url;
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        start.Environment["DevStack__StopWithParent"] = "true";
        return start;
    }
}
