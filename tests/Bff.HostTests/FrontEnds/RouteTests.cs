using System.Net;

namespace Bff.HostTests.FrontEnds;

public sealed class RouteTests
{
    [Fact]
    public async Task Two_front_ends_have_different_routes_for_one_path_and_pages_of_their_own()
    {
        await using var pages = await PretendApi.StartAsync(await PretendProvider.StartAsync(new TestClock()), new TestClock());
        var (world, _) = await TwoProviders.StartAsync(
            ("ReverseProxy:Clusters:pages:Destinations:one:Address", pages.Address), ("Bff:FrontEnds:admin:Url", pages.Address),
            ("ReverseProxy:Routes:ours:ClusterId", "api"), ("ReverseProxy:Routes:ours:Match:Path", "/both/{**rest}"),
            ("ReverseProxy:Routes:ours:Metadata:Bff.FrontEnd", "default"), ("ReverseProxy:Routes:ours:AuthorizationPolicy", "anonymous"),
            ("ReverseProxy:Routes:theirs:ClusterId", "pages"), ("ReverseProxy:Routes:theirs:Match:Path", "/both/{**rest}"),
            ("ReverseProxy:Routes:theirs:Metadata:Bff.FrontEnd", "admin"), ("ReverseProxy:Routes:theirs:AuthorizationPolicy", "anonymous"),
            ("ReverseProxy:Routes:api:Metadata:Bff.FrontEnd", "default"));
        await using var open = world;
        using var browser = world.NewBrowser();

        await browser.GetAsync("/both/a");
        await browser.GetAsync("/admin/both/b");
        (await browser.StepAsync("/admin/deep/page")).Body.ShouldBe("nobody");
        (await browser.StepAsync("/admin/")).Status.ShouldBe(HttpStatusCode.OK);
        (await browser.StepAsync("/deep/page")).Status.ShouldBe(HttpStatusCode.NotFound);
        foreach (var path in new[] { "/admin/api/echo", "/admin/api", "/admin/API/x", "/admin/bff/none" })
        {
            (await browser.GetAsync(path)).ShouldBeProblem(404, "not_found");
        }

        world.Api.Calls.Select(call => call.Path).ShouldBe(["/both/a"]);
        pages.Calls.Select(call => call.Path).ShouldBe(["/both/b", "/deep/page", "/"]);
    }
}
