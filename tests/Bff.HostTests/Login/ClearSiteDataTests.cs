using System.Net;

namespace Bff.HostTests.Login;

public sealed class ClearSiteDataTests
{
    private const string Header = "Clear-Site-Data";

    private static readonly (string, string?)[] Both = [("Bff:Sessions:ClearSiteData:0", "cache"), ("Bff:Sessions:ClearSiteData:1", "storage")];

    [Fact]
    public async Task Nobody_is_asked_to_forget_anything_unless_the_operator_wants_it()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        (await alice.PostAsync("/bff/logout")).Header(Header).ShouldBeNull();
    }

    [Fact]
    public async Task The_response_to_each_kind_of_sign_out_says_it()
    {
        await using var world = await World.StartAsync(Both);
        var (navigating, script, own) = (await world.LogInAsync(), await world.LogInAsync(), await world.LogInAsync());

        var navigation = await navigating.StepAsync((await navigating.GetAsync("/bff/session")).Text("logoutUrl")!);
        navigation.Status.ShouldBe(HttpStatusCode.Found);
        navigation.Header(Header).ShouldBe("\"cache\", \"storage\"");

        (await script.PostAsync("/bff/logout")).Header(Header).ShouldBe("\"cache\", \"storage\"");
        (await script.PostAsync("/bff/logout")).Header(Header).ShouldBe("\"cache\", \"storage\"", "the session may have ended before");

        var handle = (await own.GetAsync("/bff/sessions")).Json.GetProperty("sessions")[0].GetProperty("handle").GetString();
        (await own.SendAsync(own.Script(HttpMethod.Delete, "/bff/sessions/" + handle))).Header(Header).ShouldBe("\"cache\", \"storage\"");
    }

    [Fact]
    public async Task Nothing_else_says_it()
    {
        await using var world = await World.StartAsync(Both);
        var (alice, other) = (await world.LogInAsync(), await world.LogInAsync());
        var handle = (await alice.GetAsync("/bff/sessions")).Json.GetProperty("sessions")[1].GetProperty("handle").GetString();
        await alice.SendAsync(alice.Script(HttpMethod.Delete, "/bff/sessions/" + handle));
        await alice.OpenAsync("/bff/silent-login");
        await alice.OpenAsync("/bff/login?login_hint=alice");
        await other.GetAsync("/api/echo");
        (await alice.GetAsync("/bff/logout?sid=guessed")).ShouldBeProblem(400, "invalid_sid");

        alice.Received.Concat(other.Received).ShouldAllBe(answer => answer.Header(Header) == null);
    }

    [Fact]
    public async Task A_page_of_another_site_cannot_cause_it()
    {
        await using var world = await World.StartAsync(Both);
        var nobody = world.NewBrowser();
        var link = nobody.Bare(HttpMethod.Get, "/bff/logout");
        link.Headers.Add("Sec-Fetch-Site", "cross-site");
        link.Headers.Add("Referer", "https://evil.example/");
        (await nobody.SendAsync(link)).Header(Header).ShouldBeNull();
        (await nobody.SendAsync(nobody.Bare(HttpMethod.Post, "/bff/logout"))).Header(Header).ShouldBeNull();
    }
}
