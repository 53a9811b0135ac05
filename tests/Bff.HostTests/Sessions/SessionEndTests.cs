using System.Net;

namespace Bff.HostTests.Sessions;

public sealed class SessionEndTests
{
    private static readonly (string, string?)[] Short = [("Bff:Sessions:IdleTimeout", "00:10:00"), ("Bff:Sessions:AbsoluteTimeout", "00:30:00")];

    [Fact]
    [Trait("Standard", "ASVS-2")]
    public async Task An_idle_session_ends_though_its_tokens_are_renewed()
    {
        await using var world = await World.StartAsync(Short);
        var alice = await world.LogInAsync();

        await world.AdvanceAsync(TimeSpan.FromSeconds(597));
        world.Provider.Refreshes.ShouldBe(2);
        (await IsSignedInAsync(alice)).ShouldBeTrue();
        await world.AdvanceAsync(TimeSpan.FromSeconds(5));

        (await IsSignedInAsync(alice)).ShouldBeFalse();
        (await alice.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
    }

    [Fact]
    public async Task Calls_keep_a_session_alive()
    {
        await using var world = await World.StartAsync(Short);
        var alice = await world.LogInAsync();
        for (var call = 0; call < 4; call++)
        {
            await world.AdvanceAsync(TimeSpan.FromMinutes(6));
            (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Fact]
    [Trait("Standard", "ASVS-3")]
    public async Task No_call_keeps_a_session_alive_beyond_its_absolute_end()
    {
        await using var world = await World.StartAsync(Short);
        var alice = await world.LogInAsync();
        for (var minute = 5; minute < 30; minute += 5)
        {
            await world.AdvanceAsync(TimeSpan.FromMinutes(5));
            (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
        }

        await world.AdvanceAsync(TimeSpan.FromMinutes(5));

        (await alice.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
    }

    [Theory]
    [InlineData("GET", "/bff/session", false)]
    [InlineData("GET", "/bff/session?slide=false", false)]
    [InlineData("GET", "/bff/session?slide=true", true)]
    [InlineData("GET", "/bff/user?slide=false", false)]
    [InlineData("POST", "/bff/renew", false)]
    [InlineData("GET", "/bff/user", true)]
    [InlineData("GET", "/open/echo", true)]
    [Trait("Standard", "ASVS-2")]
    public async Task Some_requests_keep_a_session_alive_and_some_do_not(string method, string path, bool slides)
    {
        await using var world = await World.StartAsync(Short);
        var alice = await world.LogInAsync();
        await world.AdvanceAsync(TimeSpan.FromMinutes(8));
        (await alice.SendAsync(alice.Script(new HttpMethod(method), path))).Status.ShouldBe(HttpStatusCode.OK);
        await world.AdvanceAsync(TimeSpan.FromMinutes(3));
        (await IsSignedInAsync(alice)).ShouldBe(slides);
    }

    [Fact]
    public async Task The_page_learns_when_the_session_ends()
    {
        await using var world = await World.StartAsync(Short);
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/bff/session")).Json.GetProperty("sessionExpiresAt").GetDateTimeOffset()
            .ShouldBe(world.Clock.Now.AddMinutes(10), TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Who_keeps_the_session_alive_is_told_until_when_it_lives_now_and_when_it_ends_whatever_is_done()
    {
        await using var world = await World.StartAsync(Short);
        var alice = await world.LogInAsync();
        var absolute = world.Clock.Now.AddMinutes(30);
        for (var minutes = 8; minutes < 30; minutes += 8)
        {
            await world.AdvanceAsync(TimeSpan.FromMinutes(8));
            var before = (await alice.GetAsync("/bff/session")).Json;
            var answer = (await alice.GetAsync("/bff/session?slide=true")).Json;
            answer.GetProperty("absoluteEndsAt").GetDateTimeOffset().ShouldBe(absolute, TimeSpan.FromSeconds(1));
            before.GetProperty("absoluteEndsAt").GetDateTimeOffset().ShouldBe(absolute, TimeSpan.FromSeconds(1));
            var end = answer.GetProperty("sessionExpiresAt").GetDateTimeOffset();
            end.ShouldBe(minutes + 10 < 30 ? world.Clock.Now.AddMinutes(10) : absolute, TimeSpan.FromSeconds(1));
            end.ShouldBeGreaterThan(before.GetProperty("sessionExpiresAt").GetDateTimeOffset());
            (await alice.GetAsync("/bff/session")).Json.GetProperty("sessionExpiresAt").GetDateTimeOffset().ShouldBe(end, TimeSpan.FromSeconds(1));
        }

        var bare = alice.Bare(HttpMethod.Get, "/bff/session?slide=true");
        (await alice.SendAsync(bare)).ShouldBeProblem(403, "csrf_header_missing");
    }

    [Fact]
    public async Task Ended_sessions_are_swept()
    {
        await using var world = await World.StartAsync(Short);
        await world.LogInAsync();
        await world.AdvanceAsync(TimeSpan.FromMinutes(12));
        await Eventually.HappensAsync(() => world.Sessions == 0);
    }

    [Fact]
    public async Task A_session_survives_a_restart()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await world.RestartBffAsync();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Provider.Refreshes.ShouldBe(0);
    }

    [Fact]
    public async Task Without_the_keys_a_session_is_nobody_and_with_them_it_is_back()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var (keys, away) = (Path.Combine(world.Folder, "keys"), Path.Combine(world.Folder, "away"));

        await world.StopBffAsync();
        Directory.Move(keys, away);
        await world.RestartBffAsync();
        (await alice.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");

        await world.StopBffAsync();
        Directory.Delete(keys, recursive: true);
        Directory.Move(away, keys);
        await world.RestartBffAsync();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    private static async Task<bool> IsSignedInAsync(Browser browser) => (await browser.GetAsync("/bff/session")).Json.GetProperty("isLoggedIn").GetBoolean();
}
