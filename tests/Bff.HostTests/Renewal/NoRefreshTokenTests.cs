using System.Net;

namespace Bff.HostTests.Renewal;

public sealed class NoRefreshTokenTests
{
    private static async Task<(World World, Browser Alice)> StartAsync()
    {
        var world = await World.StartAsync();
        world.Provider.GivesRefreshTokens = false;
        return (world, await world.LogInAsync());
    }

    [Fact]
    public async Task The_page_is_told_to_renew_through_the_silent_page()
    {
        var (world, alice) = await StartAsync();
        await using var _ = world;
        var session = await alice.GetAsync("/bff/session");
        session.Text("renewal").ShouldBe("silent");
        session.Text("renewsAt").ShouldBeNull();
        (await alice.PostAsync("/bff/renew")).ShouldBeProblem(409, "renewal_not_possible");
    }

    [Fact]
    public async Task Calls_go_until_the_token_expires_and_then_say_so()
    {
        var (world, alice) = await StartAsync();
        await using var _ = world;

        await world.AdvanceAsync(TimeSpan.FromSeconds(298));
        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
        await world.AdvanceAsync(TimeSpan.FromSeconds(3));

        (await alice.GetAsync("/api/echo")).ShouldBeProblem(401, "token_expired");
        (await alice.GetAsync("/open/echo")).Body.ShouldBe("nobody");
        (await alice.GetAsync("/bff/session")).Json.GetProperty("isLoggedIn").GetBoolean().ShouldBeTrue();
        world.Provider.Refreshes.ShouldBe(0);
    }

    [Fact]
    public async Task A_silent_sign_in_makes_the_calls_go_again()
    {
        var (world, alice) = await StartAsync();
        await using var _ = world;
        await world.AdvanceAsync(TimeSpan.FromSeconds(301));

        (await alice.OpenAsync("/bff/silent-login")).Location!.Query.ShouldBe("?result=ok");

        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }
}
