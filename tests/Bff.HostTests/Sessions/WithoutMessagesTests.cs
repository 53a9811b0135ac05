using System.Net;
using Bff.HostTests.Login.BackChannel;

namespace Bff.HostTests.Sessions;

/// <summary>
/// Two nodes on one store that nobody tells anything: each process on a SQLite file knows only of its own writes. What happens at one holds at the other
/// within <c>CacheLifetime</c> for calls, and within 15 s for what is open.
/// </summary>
public sealed class WithoutMessagesTests
{
    [Theory]
    [InlineData("the user")]
    [InlineData("an operator")]
    [InlineData("the provider")]
    [InlineData("the next sign-in")]
    [Trait("Standard", "ASVS-4")]
    public async Task An_end_at_one_node_holds_at_the_other(string by)
    {
        await using var world = await World.StartAsync();
        var here = await world.LogInAsync();
        var node = world.StartBff();
        var there = SameBrowserAt(world, here, node);
        (await there.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
        await using var events = await EventReader.OpenAsync(there);
        await events.NextAsync("session");
        await using var socket = await OpenCall.WebSocketAsync(there, node.Address, "/api/socket");
        await using var stream = await OpenCall.StreamAsync(there, "/api/stream");

        await EndAsync(world, here, by);
        world.Clock.Advance(TimeSpan.FromSeconds(5));
        (await there.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");

        world.Clock.Advance(TimeSpan.FromSeconds(10));
        (await events.NextAsync("ended")).Data.GetProperty("reason").GetString().ShouldNotBe("unknown");
        await socket.EndsAsync();
        await stream.EndsAsync();
    }

    [Fact]
    public async Task What_is_open_ends_though_no_call_comes_either()
    {
        await using var world = await World.StartAsync();
        var here = await world.LogInAsync();
        var node = world.StartBff();
        var there = SameBrowserAt(world, here, node);
        await using var events = await EventReader.OpenAsync(there);
        await events.NextAsync("session");
        await using var socket = await OpenCall.WebSocketAsync(there, node.Address, "/api/socket");

        await here.PostAsync("/bff/logout");
        world.Clock.Advance(TimeSpan.FromSeconds(15));

        (await events.NextAsync("ended")).Data.GetProperty("reason").GetString().ShouldBe("signed_out");
        await socket.EndsAsync();
    }

    [Fact]
    public async Task A_renewal_at_one_node_is_used_and_told_at_the_other()
    {
        await using var world = await World.StartAsync();
        var here = await world.LogInAsync();
        var there = SameBrowserAt(world, here, world.StartBff());
        (await there.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
        await using var events = await EventReader.OpenAsync(there);
        await events.NextAsync("session");

        (await here.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        world.Clock.Advance(TimeSpan.FromSeconds(5));

        (await there.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
        world.Api.LastCall.Token.ShouldBe(world.Provider.Grant.AccessToken!.Value);
        world.Clock.Advance(TimeSpan.FromSeconds(10));
        await events.NextAsync("renewed");
    }

    private static async Task EndAsync(World world, Browser browser, string by)
    {
        switch (by)
        {
            case "the user":
                await browser.PostAsync("/bff/logout");
                break;
            case "an operator":
                using (var ops = new OpsClient(world.Bff)) { (await ops.DeleteAsync("/sessions?user=alice")).Status.ShouldBe(HttpStatusCode.OK); }
                break;
            case "the provider":
                (await world.SendLogoutAsync(world.Provider.LogoutToken("alice"))).Status.ShouldBe(HttpStatusCode.OK);
                break;
            default:
                (await browser.OpenAsync("/bff/login?login_hint=alice")).Status.ShouldBe(HttpStatusCode.Found);
                break;
        }

        world.Sessions.ShouldBe(by == "the next sign-in" ? 1 : 0);
    }

    private static Browser SameBrowserAt(World world, Browser browser, BffHost node)
    {
        var other = world.NewBrowser(node);
        other.Cookies.Set(Browser.SessionCookie, browser.Session!);
        return other;
    }
}
