using System.Net;

namespace Bff.HostTests.Forwarding;

public sealed class TokenPolicyTests
{
    [Fact]
    [Trait("Standard", "BBA-15")]
    [Trait("Standard", "RFC6750-1")]
    [Trait("Standard", "SEC-6")]
    public async Task A_user_route_gets_the_sessions_token_and_no_cookie()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        alice.Cookies.Set("theme", "dark");

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");

        world.Api.LastCall.Token.ShouldBe(world.Provider.Grant.AccessToken!.Value);
        world.Api.LastCall.Target.ShouldBe("/api/echo");
        world.Api.LastCall.Header("Cookie").ShouldBeNull();
    }

    [Fact]
    public async Task A_user_or_none_route_gets_the_token_when_there_is_one()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();

        (await alice.GetAsync("/open/echo")).Body.ShouldBe("alice");
        (await world.NewBrowser().GetAsync("/open/echo")).Body.ShouldBe("nobody");
        world.Api.LastCall.Header("Authorization").ShouldBeNull();
    }

    [Fact]
    public async Task A_route_that_asked_for_no_token_gets_none()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();

        (await alice.GetAsync("/plain/echo")).Body.ShouldBe("nobody");

        world.Api.LastCall.Header("Authorization").ShouldBeNull();
    }

    [Fact]
    public async Task A_route_without_token_gets_the_cookies_that_are_not_ours()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        alice.Cookies.Set("theme", "dark");
        alice.Cookies.Set("lang", "en");

        await alice.GetAsync("/plain/echo");

        world.Api.LastCall.Header("Cookie").ShouldBe("theme=dark; lang=en");
    }

    [Fact]
    [Trait("Standard", "WEB-6")]
    [Trait("Standard", "WEB-7")]
    public async Task An_anonymous_call_is_answered_401_and_not_redirected()
    {
        await using var world = await World.StartAsync();

        var answer = await world.NewBrowser().GetAsync("/api/echo");

        answer.ShouldBeProblem(401, "session_required");
        answer.Location.ShouldBeNull();
        answer.Header("Access-Control-Allow-Origin").ShouldBe(Browser.SpaOrigin);
        answer.Header("Access-Control-Allow-Credentials").ShouldBe("true");
        answer.Header("Vary").ShouldNotBeNull().ShouldContain("Origin");
        world.Api.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_users_never_get_each_others_token()
    {
        await using var world = await World.StartAsync();
        var (alice, bob) = (await world.LogInAsync("alice"), await world.LogInAsync("bob"));
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(async number =>
            (number, (await (number % 2 == 0 ? alice : bob).GetAsync("/api/echo")).Body)));
        answers.ShouldAllBe(answer => answer.Body == (answer.number % 2 == 0 ? "alice" : "bob"));
    }

    [Fact]
    public async Task Method_query_and_body_go_through_unchanged()
    {
        await using var world = await World.StartAsync();
        var received = "";
        world.Api.Answers = context =>
            received = $"{context.Request.Method} {context.Request.QueryString} {context.Request.ContentType} {context.Request.ContentLength}";
        var alice = await world.LogInAsync();

        var request = alice.Script(HttpMethod.Put, "/api/echo?a=1&b=%2F");
        request.Content = new StringContent("""{"x":1}""", System.Text.Encoding.UTF8, "application/json");
        (await alice.SendAsync(request)).Status.ShouldBe(HttpStatusCode.OK);

        received.ShouldBe("PUT ?a=1&b=%2F application/json; charset=utf-8 7");
    }

    [Fact]
    public async Task A_status_of_the_api_comes_through()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Api.Answers = context => context.Response.StatusCode = 418;
        ((int)(await alice.GetAsync("/api/echo")).Status).ShouldBe(418);
    }
}
