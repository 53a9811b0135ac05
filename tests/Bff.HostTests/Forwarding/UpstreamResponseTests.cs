namespace Bff.HostTests.Forwarding;

public sealed class UpstreamResponseTests
{
    [Theory]
    [InlineData("/api/echo")]
    [InlineData("/open/echo")]
    [InlineData("/plain/echo")]
    [Trait("Standard", "WEB-10")]
    public async Task An_upstream_may_set_cookies_but_none_with_a_name_of_ours(string path)
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var key = alice.Session;
        world.Api.Answers = context => context.Response.Headers.SetCookie = new[]
        {
            "__Host-bff=evil; path=/; secure", "__HOST-BFF=evil; path=/; secure", "__Host-bff-state-x=evil; path=/; secure", "theme=dark; path=/",
        };

        (await alice.GetAsync(path)).SetCookies.ShouldBe(["theme=dark; path=/"]);

        alice.Session.ShouldBe(key);
    }

    [Fact]
    [Trait("Standard", "WEB-5")]
    public async Task An_upstream_does_not_speak_for_our_CORS_policy()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        world.Api.Answers = context =>
        {
            context.Response.Headers.AccessControlAllowOrigin = "*";
            context.Response.Headers.AccessControlAllowCredentials = "false";
            context.Response.Headers.AccessControlExposeHeaders = "X-Secret";
        };

        var answer = await alice.GetAsync("/api/echo");

        answer.Header("Access-Control-Allow-Origin").ShouldBe(Browser.SpaOrigin);
        answer.Header("Access-Control-Allow-Credentials").ShouldBe("true");
        answer.Header("Access-Control-Expose-Headers").ShouldNotBe("X-Secret");
    }
}
