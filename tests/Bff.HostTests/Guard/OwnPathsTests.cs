using System.Net;

namespace Bff.HostTests.Guard;

public sealed class OwnPathsTests
{
    [Theory]
    [InlineData("/{**catch-all}", null)]
    [InlineData("/{**catch-all}", "-1")]
    [InlineData("/bff/{**rest}", "-1")]
    [InlineData("/{first}", "-2147483648")]
    [InlineData("/signin-oidc", "-1")]
    public async Task No_route_gets_in_the_way_of_a_sign_in(string path, string? order)
    {
        await using var world = await World.StartAsync(WithRoute(path, order));

        var alice = await world.LogInAsync();

        (await alice.GetAsync("/bff/session")).Json.GetProperty("isLoggedIn").GetBoolean().ShouldBeTrue();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        (await alice.GetAsync("/bff/nothing")).ShouldBeProblem(404, "not_found");
        (await alice.GetAsync("/bff")).ShouldBeProblem(404, "not_found");
        (await alice.GetAsync("/signin-oidc/more")).ShouldBeProblem(404, "not_found");
        world.Api.Calls.ShouldAllBe(call => call.Path == "/api/echo");
        world.Bff.Logs.Lines.ShouldContain(
            line => line.Contains($"Route 'all' matches '{path}', which takes in paths of Bff itself: ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/{tenant}/user")]
    [InlineData("/{tenant}/logout")]
    [InlineData("/{service}/events/{**rest}")]
    [InlineData("/b{x}/user")]
    [InlineData("/{a}/u{x}")]
    [InlineData("/{a:regex(^bff$)}/session")]
    [InlineData("~/bff/user")]
    [InlineData("/{a}/{b}/{c}")]
    [InlineData("/{a=bff}/{b=user}")]
    [InlineData("/BFF/{**rest}")]
    [Trait("Standard", "BBA-14")]
    public async Task No_route_takes_a_path_of_ours_however_it_is_written(string path)
    {
        await using var world = await World.StartAsync(WithRoute(path, "-1"));
        var alice = await world.LogInAsync();

        (await alice.GetAsync("/bff/user")).Status.ShouldBe(HttpStatusCode.OK);
        (await alice.PostAsync("/bff/user")).ShouldBeProblem(405, "method_not_allowed");
        (await alice.GetAsync("/bff/user/more")).ShouldBeProblem(404, "not_found");
        (await alice.GetAsync("/bff/session")).Json.GetProperty("isLoggedIn").GetBoolean().ShouldBeTrue();
        (await alice.PostAsync("/bff/logout")).Status.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.NoContent);
        world.Sessions.ShouldBe(0);
        world.Api.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_route_that_takes_everything_gets_everything_else()
    {
        await using var world = await World.StartAsync(WithRoute("/{**catch-all}", null));
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/bffs/echo")).Body.ShouldBe("alice");
        (await alice.SendAsync(alice.Script(HttpMethod.Put, "/elsewhere"))).Status.ShouldBe(HttpStatusCode.OK);
        (await alice.SendAsync(alice.Bare(HttpMethod.Get, "/elsewhere"))).ShouldBeProblem(403, "csrf_header_missing");
    }

    [Theory]
    [InlineData("POST", "/signin-oidc", "GET")]
    [InlineData("POST", "/signout-callback-oidc", "GET")]
    [InlineData("POST", "/bff/login", "GET")]
    [InlineData("PUT", "/bff/logout", "GET, POST")]
    [InlineData("BREW", "/bff/renew", "POST")]
    public async Task Another_method_is_refused_with_those_there_are(string method, string path, string allowed)
    {
        await using var world = await World.StartAsync(WithRoute("/{**catch-all}", "-1"));
        var alice = await world.LogInAsync();
        var answer = await alice.SendAsync(alice.Script(new HttpMethod(method), path));
        answer.ShouldBeProblem(405, "method_not_allowed");
        answer.Header("Allow").ShouldBe(allowed);
        world.Sessions.ShouldBe(1);
    }

    [Fact]
    public async Task Routes_beside_our_paths_are_not_worth_a_word()
    {
        await using var world = await World.StartAsync();
        await world.LogInAsync();
        world.Bff.Logs.Lines.ShouldAllBe(line => !line.Contains("takes in paths", StringComparison.Ordinal));
    }

    private static (string, string?)[] WithRoute(string path, string? order) =>
    [
        ("ReverseProxy:Routes:all:ClusterId", "api"), ("ReverseProxy:Routes:all:Match:Path", path), ("ReverseProxy:Routes:all:Order", order),
        ("ReverseProxy:Routes:all:AuthorizationPolicy", "default"), ("ReverseProxy:Routes:all:Metadata:Bff.Token", "User"),
    ];
}
