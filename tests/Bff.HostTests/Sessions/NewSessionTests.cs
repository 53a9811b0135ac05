using System.Net;

namespace Bff.HostTests.Sessions;

public sealed class NewSessionTests
{
    [Fact]
    [Trait("Standard", "ASVS-1")]
    public async Task A_planted_session_gives_way_to_a_new_key_and_ends()
    {
        await using var world = await World.StartAsync();
        var mallory = await world.LogInAsync("mallory");
        var alice = world.NewBrowser();
        alice.Cookies.Set(Browser.SessionCookie, mallory.Session!);

        await alice.OpenAsync("/bff/login?login_hint=alice");

        alice.Session.ShouldNotBe(mallory.Session);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        (await mallory.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
    }

    [Fact]
    [Trait("Standard", "ASVS-1")]
    public async Task A_planted_key_without_a_session_is_not_taken_over()
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        var planted = new string('A', 43);
        alice.Cookies.Set(Browser.SessionCookie, planted);
        await alice.OpenAsync("/bff/login?login_hint=alice");
        alice.Session.ShouldNotBe(planted);
    }

    [Fact]
    [Trait("Standard", "ASVS-1")]
    public async Task A_second_sign_in_ends_the_first_session()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var first = alice.Session!;

        await alice.OpenAsync("/bff/login?login_hint=alice");

        alice.Session.ShouldNotBe(first);
        world.Sessions.ShouldBe(1);
        (await StillWorksAsync(world, first)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_second_sign_in_ends_the_first_session_also_when_a_strict_cookie_does_not_come_back_from_the_provider()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var first = alice.Session!;

        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");
        alice.Cookies.Remove(Browser.SessionCookie);
        await alice.OpenAsync(callback);

        alice.Session.ShouldNotBe(first);
        (await StillWorksAsync(world, first)).ShouldBeFalse();
        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Two_browsers_of_one_user_have_two_sessions()
    {
        await using var world = await World.StartAsync();
        var desk = await world.LogInAsync("alice");
        var phone = await world.LogInAsync("alice");
        (await desk.GetAsync("/api/echo")).Body.ShouldBe("alice");
        (await phone.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    private static async Task<bool> StillWorksAsync(World world, string key)
    {
        var other = world.NewBrowser();
        other.Cookies.Set(Browser.SessionCookie, key);
        return (await other.GetAsync("/api/echo")).Status == HttpStatusCode.OK;
    }
}
