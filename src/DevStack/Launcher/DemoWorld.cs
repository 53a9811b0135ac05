using DevStack.Hosting;

namespace DevStack.Launcher;

/// <summary>Who lives in the demo world, and where.</summary>
internal static class DemoWorld
{
    private const string PageUrl = "http://localhost:5000";
    private const string ProviderUrl = "http://localhost:5001";
    private const string OpsUrl = "http://localhost:3002";

    public static IReadOnlyList<Member> Members(LauncherSwitches switches) =>
    [
        Own("provider", colour: 35, ProviderUrl, "/.well-known/openid-configuration", ports: [5001], [.. TroubleOf(switches)]),
        Own("api", colour: 36, "http://localhost:5002", "/api/public", ports: [5002]),
        Sibling(
            "bff", colour: 32, "http://localhost:3001", "/bff/session", ports: [3001, 3002], project: "Bff", ["--config", "demo.json", .. PageOf(switches)]),
        Sibling("spa", colour: 33, PageUrl, "/", ports: [5000], project: "SpaStatic", $"--Spa:Demo:ProviderUrl={ProviderUrl}", $"--Spa:Demo:OpsUrl={OpsUrl}"),
    ];

    private static IEnumerable<string> TroubleOf(LauncherSwitches switches) =>
        [$"--DevStack:Outage={switches.ProviderDown}", $"--DevStack:NoRefreshTokens={switches.Silent}"];

    private static IEnumerable<string> PageOf(LauncherSwitches switches) => switches.SpaRoute ? ["--Bff:Spa:Url=" + PageUrl] : [];

    private static Member Own(string name, int colour, string url, string probe, int[] ports, params string[] arguments) =>
        new(name, colour, url, probe, ports, typeof(DemoWorld).Assembly.Location, [name, .. arguments], SourceTree.ContentRoot);

    private static Member Sibling(string name, int colour, string url, string probe, int[] ports, string project, params string[] arguments) =>
        new(name, colour, url, probe, ports, SourceTree.ProgramOf(project), arguments, SourceTree.ProjectFolder(project));
}
