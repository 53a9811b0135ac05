using System.Globalization;
using System.Net;

namespace Bff.HostTests.FrontEnds;

public sealed class CookieTests
{
    [Theory]
    [InlineData("Strict", "samesite=strict", false)]
    [InlineData("Lax", "samesite=lax", false)]
    [InlineData("None", "samesite=none", true)]
    [Trait("Standard", "BBA-5")]
    public async Task A_front_end_says_where_its_cookie_goes_along(string sameSite, string attribute, bool isPartitioned)
    {
        var (world, _) = await TwoProviders.StartAsync(("Bff:FrontEnds:admin:Cookie:SameSite", sameSite), ("Bff:FrontEnds:admin:Cookie:Name", "__Host-a"));
        await using var open = world;
        using var browser = world.NewBrowser();
        var callback = await browser.GoToCallbackAsync("/admin/bff/login");

        var line = (await browser.StepAsync(callback)).SetCookie("__Host-a");

        line.ShouldContain(attribute, Case.Insensitive);
        line.ShouldContain("; secure", Case.Insensitive);
        line.ShouldContain("; httponly", Case.Insensitive);
        line.ShouldContain("path=/;", Case.Insensitive);
        line.Contains("Partitioned", StringComparison.OrdinalIgnoreCase).ShouldBe(isPartitioned);
        line.ShouldNotContain("expires", Case.Insensitive);
        (await browser.PostAsync("/admin/bff/logout")).SetCookie("__Host-a")
            .Contains("Partitioned", StringComparison.OrdinalIgnoreCase).ShouldBe(isPartitioned, "else the browser keeps it");
    }

    [Theory]
    [InlineData("None", true)]
    [InlineData("Strict", false)]
    public async Task A_sign_in_in_another_sites_frame_is_that_sites_own(string sameSite, bool isPartitioned)
    {
        var (world, _) = await TwoProviders.StartAsync(("Bff:FrontEnds:admin:Cookie:SameSite", sameSite));
        await using var open = world;
        using var browser = world.NewBrowser();
        var request = browser.Bare(HttpMethod.Get, "/admin/bff/login");
        request.Headers.Add("Sec-Fetch-Dest", "iframe");
        request.Headers.Add("Sec-Fetch-Site", "same-origin");

        var lines = (await browser.SendAsync(request)).SetCookies;

        lines.ShouldNotBeEmpty();
        lines.ShouldAllBe(line => line.Contains("samesite=none", StringComparison.OrdinalIgnoreCase));
        lines.ShouldAllBe(line => line.Contains("Partitioned", StringComparison.OrdinalIgnoreCase) == isPartitioned);
    }

    [Fact]
    public async Task A_cookie_that_is_to_stay_stays_until_the_absolute_end()
    {
        var (world, _) = await TwoProviders.StartAsync(
            ("Bff:FrontEnds:admin:Cookie:Persistent", "true"), ("Bff:FrontEnds:admin:AbsoluteTimeout", "3.00:00:00"));
        await using var open = world;
        using var browser = world.NewBrowser();
        var callback = await browser.GoToCallbackAsync("/admin/bff/login");

        var line = (await browser.StepAsync(callback)).SetCookie(TwoProviders.AdminCookie);

        var expires = line.Split("expires=")[1].Split(';')[0];
        DateTimeOffset.Parse(expires, CultureInfo.InvariantCulture).ShouldBe(world.Clock.Now + TimeSpan.FromDays(3), TimeSpan.FromSeconds(1));
        (await browser.GetAsync("/admin/bff/session")).Text("absoluteEndsAt").ShouldNotBeNull();
    }

    [Theory]
    [InlineData("Strict", true)]
    [InlineData("Lax", false)]
    public async Task A_link_on_another_site_takes_one_step_more_where_the_cookie_is_strict(string sameSite, bool isStep)
    {
        var (world, _) = await TwoProviders.StartAsync(("Bff:FrontEnds:admin:Cookie:SameSite", sameSite));
        await using var open = world;
        using var browser = world.NewBrowser();
        var request = browser.Bare(HttpMethod.Get, "/admin/bff/login?login_hint=bob");
        request.Headers.Add("Sec-Fetch-Dest", "document");
        request.Headers.Add("Sec-Fetch-Site", "cross-site");

        var answer = await browser.SendAsync(request);

        answer.Status.ShouldBe(isStep ? HttpStatusCode.OK : HttpStatusCode.Found);
        if (isStep) { answer.Body.ShouldContain("url=/admin/bff/login?login_hint=bob&amp;again=1"); }
    }

    [Fact]
    public async Task Each_front_end_has_timeouts_of_its_own()
    {
        var (world, _) = await TwoProviders.StartAsync(
            ("Bff:FrontEnds:admin:IdleTimeout", "00:02:00"), ("Bff:FrontEnds:admin:AbsoluteTimeout", "00:05:00"));
        await using var open = world;
        var (alice, bob, carol) = (await world.LogInAsync(), await world.LogInAtAdminAsync(), await world.LogInAtAdminAsync("carol"));

        for (var i = 0; i < 3; i++)
        {
            await world.AdvanceAsync(TimeSpan.FromSeconds(90));
            (await bob.GetAsync("/admin/api/echo")).Body.ShouldBe("bob", "what is used stays");
        }

        (await carol.GetAsync("/admin/bff/session")).Text("reason").ShouldBe("idle_timeout");
        await world.AdvanceAsync(TimeSpan.FromSeconds(40));
        (await bob.GetAsync("/admin/bff/session")).Text("reason").ShouldBe("absolute_timeout");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }
}
