using DevStack.Hosting;
using DevStack.Nodes;

namespace DevStack.Launcher;

/// <summary>Who lives in the demo world, and where.</summary>
internal static class DemoWorld
{
    private const string BffUrl = "http://localhost:3001";
    private const string PageUrl = "http://localhost:5000";
    private const string ProviderUrl = "http://localhost:5001";
    private const string OpsUrl = "http://localhost:3002";
    private const string StaffUrl = "http://localhost:5101";

    /// <summary>Where a front end may be that is added while the demo runs: the providers know its addresses already.</summary>
    private const string ThirdBff = $"--DevStack:AdditionalBffUrls:0={BffUrl}/third";

    /// <summary>With several nodes, what each of them is made from.</summary>
    public static Member Bff(LauncherSwitches switches) =>
        Sibling("bff", colour: 32, BffUrl, "/bff/session", ports: [3001, 3002], "Bff", ["--config", ConfigOf(switches), .. PageOf(switches)]);

    /// <summary>Whoever has to live as long as the demo does; several nodes do not.</summary>
    public static IReadOnlyList<Member> Members(LauncherSwitches switches) =>
    [
        Own("provider", "provider", colour: 35, ProviderUrl, "/.well-known/openid-configuration",
            [$"--DevStack:Outage={switches.ProviderDown}", NoRefreshTokens(switches), .. switches.Two ? [ThirdBff] : (string[])[]]),
        Own("api", "api", colour: 36, "http://localhost:5002", "/api/public"),
        switches.Nodes > 0 ? DemoDatabase.Server : Bff(switches),
        Sibling(
            "spa", colour: 33, PageUrl, "/", ports: [5000], "SpaStatic", $"--Spa:Demo:ProviderUrl={ProviderUrl}", $"--Spa:Demo:OpsUrl={OpsUrl}"),
        .. switches.Two ? Second(switches) : [],
    ];

    /// <summary>The second front end's provider, API and page. Its client, its users' sign-ins and its keys are its own.</summary>
    private static IEnumerable<Member> Second(LauncherSwitches switches) =>
    [
        Own("staff", "provider", colour: 95, StaffUrl, "/.well-known/openid-configuration",
            "--DevStack:ProviderName=staff", $"--DevStack:BffUrl={BffUrl}/office", ThirdBff,
            "--DevStack:DataDirectory=data/staff", NoRefreshTokens(switches)),
        Own("staffapi", "api", colour: 96, "http://localhost:5102", "/api/public", $"--DevStack:Authority={StaffUrl}"),
        Sibling(
            "office", colour: 93, "http://localhost:5100", "/", ports: [5100], "SpaStatic", "--Spa:Title=Back office", $"--Spa:ProviderOrigins:0={StaffUrl}",
            $"--Spa:Demo:ProviderUrl={StaffUrl}", $"--Spa:Demo:OpsUrl={OpsUrl}"),
    ];

    private static string NoRefreshTokens(LauncherSwitches switches) => $"--DevStack:NoRefreshTokens={switches.Silent}";

    private static string ConfigOf(LauncherSwitches switches) => switches.Two ? TwoConfig.Path : "demo.json";

    private static IEnumerable<string> PageOf(LauncherSwitches switches) => switches.SpaRoute ? ["--Bff:Spa:Url=" + PageUrl] : [];

    private static Member Own(string name, string command, int colour, string url, string probe, params string[] arguments) =>
        new(name, colour, url, probe, [new Uri(url).Port], typeof(DemoWorld).Assembly.Location, [command, .. arguments], SourceTree.ContentRoot);

    private static Member Sibling(string name, int colour, string url, string probe, int[] ports, string project, params string[] arguments) =>
        new(name, colour, url, probe, ports, SourceTree.ProgramOf(project), arguments, SourceTree.ProjectFolder(project));
}
