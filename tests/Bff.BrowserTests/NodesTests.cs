using System.Net.NetworkInformation;
using Bff.BrowserTests.World;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests;

/// <summary>The demo with several Bffs, as the README has it started: at its own addresses, which its configuration names.</summary>
public sealed class NodesTests(Chromium chromium)
{
    private const string PageUrl = "http://localhost:5000/", NodesUrl = "http://localhost:3003";
    private const int Calls = 30;

    [Fact]
    public async Task A_node_is_killed_on_the_page_of_the_nodes_and_who_is_signed_in_notices_nothing()
    {
        Assert.SkipWhen(IsTaken(5000) || IsTaken(3003), "The demo runs already, and there is one set of its addresses.");
        await using var launcher = new DemoProcess("the demo", "DevStack", NodesUrl, "/state", "--nodes", "3")
        {
            Program = SourceTree.BuiltProgramOf("DevStack"),
            EndsOthers = true,
        };
        await launcher.StartAsync();
        await Eventually.HappensAsync(() => launcher.Output.Contains("start here", StringComparison.Ordinal), "all of the demo is there");

        await using var alice = await chromium.VisitAsync(url: PageUrl);
        await alice.SignInAsync("alice");
        var nodes = new Visitor(alice.Profile, await alice.Profile.NewPageAsync());
        await nodes.Page.GotoAsync(NodesUrl);
        await Expect(nodes["#nodes tr[data-state=ready]"]).ToHaveCountAsync(3);
        launcher.Output.ShouldNotContain("UntrustedProxy");

        await nodes["[data-node=bff1] button"].ClickAsync();
        await CallsSucceedAsync(alice);
        await Expect(nodes["[data-node=bff1]"]).ToHaveAttributeAsync("data-state", "dead");
        await Expect(nodes["#nodes tr[data-state=ready]"]).ToHaveCountAsync(2);

        await nodes["[data-node=bff1] button"].ClickAsync();
        await Expect(nodes["#nodes tr[data-state=ready]"]).ToHaveCountAsync(3);
        await nodes["[data-node=bff2] button"].ClickAsync();
        await CallsSucceedAsync(alice);
        await alice.SeesStateAsync("signed-in");

        await alice["#logout"].ClickAsync();
        await alice.SeesStateAsync("signed-out");
        for (var node = 0; node < 3; node++) { (await alice.CallAsync("/api/private")).ShouldBe(401); }
        alice.Faults.Concat(nodes.Faults).ShouldBeEmpty();
    }

    /// <summary>Whoever is asked, and while the balancer finds out that one is gone.</summary>
    private static async Task CallsSucceedAsync(Visitor visitor)
    {
        for (var call = 0; call < Calls; call++) { (await visitor.CallApiAsync("private")).ShouldBe(200); }
    }

    private static bool IsTaken(int port) => IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Any(listener => listener.Port == port);
}
