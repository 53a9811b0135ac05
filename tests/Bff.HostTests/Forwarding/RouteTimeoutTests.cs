namespace Bff.HostTests.Forwarding;

public sealed class RouteTimeoutTests
{
    [Fact]
    public async Task A_route_with_a_timeout_forwards_and_is_504_when_the_API_takes_longer()
    {
        await using var world = await World.StartAsync(
            ("ReverseProxy:Routes:plain:Timeout", "00:00:01"), ("ReverseProxy:Routes:open:TimeoutPolicy", "Disable"));
        using var browser = world.NewBrowser();
        (await browser.GetAsync("/plain/echo")).Body.ShouldBe("nobody");
        (await browser.GetAsync("/open/echo")).Body.ShouldBe("nobody");

        using var held = new ManualResetEventSlim();
        world.Api.Answers = _ => held.Wait(Eventually.Deadline);
        var answer = await browser.GetAsync("/plain/echo");
        held.Set();

        answer.ShouldBeProblem(504, "upstream_timeout");
    }
}
