using System.Net;

namespace Bff.HostTests.Forwarding;

/// <summary>The pretend API plays the front end's server: it answers "nobody" to every path.</summary>
public sealed class SpaRouteTests
{
    [Theory]
    [InlineData("/")]
    [InlineData("/app.js")]
    [InlineData("/orders/17/details")]
    [InlineData("/silent?result=ok")]
    public async Task What_no_route_takes_is_the_front_ends(string path)
    {
        await using var world = await StartAsync();
        var alice = await world.LogInAsync();

        var answer = await alice.StepAsync(path);

        answer.Status.ShouldBe(HttpStatusCode.OK);
        answer.Body.ShouldBe("nobody");
        world.Api.LastCall.Path.ShouldBe(path.Split('?')[0]);
        world.Api.LastCall.Token.ShouldBeNull();
        (world.Api.LastCall.Header("Cookie") ?? "").ShouldNotContain(Browser.SessionCookie);
    }

    [Theory]
    [InlineData("/api/unknown")]
    [InlineData("/api")]
    [InlineData("/bff/unknown")]
    [InlineData("/API/Unknown")]
    [InlineData("/Bff/unknown")]
    [InlineData("/orders/../api/unknown")]
    [InlineData("/orders/%2e%2e/api/unknown")]
    public async Task An_unknown_address_of_ours_is_404_and_never_the_page(string path)
    {
        await using var world = await StartAsync();
        (await (await world.LogInAsync()).GetAsync(path)).ShouldBeProblem(404, "not_found");
        world.Api.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task So_it_is_whatever_the_method()
    {
        await using var world = await StartAsync();
        (await (await world.LogInAsync()).PostAsync("/api/unknown")).ShouldBeProblem(404, "not_found");
    }

    [Fact]
    public async Task The_apis_own_routes_come_first()
    {
        await using var world = await StartAsync();
        (await (await world.LogInAsync()).GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task A_form_cannot_be_posted_to_the_front_end()
    {
        await using var world = await StartAsync();
        (await (await world.LogInAsync()).PostAsync("/orders")).Status.ShouldBe(HttpStatusCode.MethodNotAllowed);
        world.Api.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_sign_in_comes_back_to_a_deep_link_here()
    {
        await using var world = await StartAsync();
        var end = await world.NewBrowser().OpenAsync("/bff/login?login_hint=alice&returnUrl=%2Forders%2F17%3Fview%3Dall");
        end.Url.PathAndQuery.ShouldBe("/orders/17?view=all");
        end.Status.ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>One route instead of the other tests' catch-all, so that there is something unknown under /api.</summary>
    private static Task<World> StartAsync() => World.StartAsync(api => [("ReverseProxy:Routes:api:Match:Path", "/api/echo"), ("Bff:Spa:Url", api.Address)]);
}
