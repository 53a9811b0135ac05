using System.Globalization;
using System.Net;

namespace Bff.HostTests.Login;

public sealed class UserTests
{
    [Fact]
    public async Task The_user_is_a_list_of_claims_with_three_of_our_own()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();

        var claims = (await alice.GetAsync("/bff/user")).Json.EnumerateArray()
            .ToDictionary(claim => claim.GetProperty("type").GetString()!, claim => claim.GetProperty("value").GetString()!);

        claims["sub"].ShouldBe("alice");
        claims["name"].ShouldBe("Name of alice");
        claims["sid"].ShouldBe(world.Provider.Grant.ProviderSid);
        int.Parse(claims["bff:session_expires_in"], CultureInfo.InvariantCulture).ShouldBeInRange(1795, 1800);
        claims["bff:session_state"].ShouldBe("state-of-alice");
        claims["bff:logout_url"].ShouldBe((await alice.GetAsync("/bff/session")).Text("logoutUrl"));
    }

    [Fact]
    public async Task The_sign_out_link_carries_no_identifier_of_the_provider()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/bff/session")).Text("logoutUrl").ShouldNotBeNull().ShouldNotContain(world.Provider.Grant.ProviderSid);
    }

    [Fact]
    public async Task The_session_ends_in_as_many_seconds_as_it_says()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await world.AdvanceAsync(TimeSpan.FromMinutes(10));
        var answer = await alice.GetAsync("/bff/user");
        var seconds = answer.Json.EnumerateArray().Single(
            claim => claim.GetProperty("type").GetString() == "bff:session_expires_in").GetProperty("value").GetString()!;

        var end = (await alice.GetAsync("/bff/session")).Json.GetProperty("sessionExpiresAt").GetDateTimeOffset();

        TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture)).ShouldBe(end - world.Clock.Now, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Nobody_signed_in_is_a_401()
    {
        await using var world = await World.StartAsync();
        (await world.NewBrowser().GetAsync("/bff/user")).ShouldBeProblem(401, "session_required");
    }

    [Fact]
    public async Task Claims_of_any_length_and_number_come_through()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeIdToken = claims => claims["role"] = Enumerable.Range(0, 50).Select(number => "role " + number).ToArray();
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/bff/user")).Json.EnumerateArray().Count(claim => claim.GetProperty("type").GetString() == "role").ShouldBe(50);
    }

    [Fact]
    public async Task A_head_request_is_no_surprise()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        ((int)(await alice.SendAsync(alice.Script(HttpMethod.Head, "/bff/user"))).Status).ShouldBeOneOf(200, 405);
        (await alice.GetAsync("/bff/user")).Status.ShouldBe(HttpStatusCode.OK);
    }
}
