using DevStack.Hosting;

namespace DevStack.Launcher;

/// <summary>Who lives in the demo world, and where.</summary>
internal static class DemoWorld
{
    private const string PageUrl = "http://localhost:5000";

    /// <param name="oneOrigin">Bff serves the page too.</param>
    public static IReadOnlyList<Member> Members(bool oneOrigin) =>
    [
        Own("provider", colour: 35, "http://localhost:5001", "/.well-known/openid-configuration", ports: [5001]),
        Own("api", colour: 36, "http://localhost:5002", "/api/public", ports: [5002]),
        Sibling("bff", colour: 32, "http://localhost:3001", "/bff/session", ports: [3001, 3002], project: "Bff", ["--config", "demo.json", .. oneOrigin ? ["--Bff:Spa:Url=" + PageUrl] : Array.Empty<string>()]),
        Sibling("spa", colour: 33, PageUrl, "/", ports: [5000], project: "SpaStatic"),
    ];

    private static Member Own(string name, int colour, string url, string probe, int[] ports) =>
        new(name, colour, url, probe, ports, typeof(DemoWorld).Assembly.Location, [name], SourceTree.ContentRoot);

    private static Member Sibling(string name, int colour, string url, string probe, int[] ports, string project, params string[] arguments) =>
        new(name, colour, url, probe, ports, SourceTree.ProgramOf(project), arguments, SourceTree.ProjectFolder(project));
}
