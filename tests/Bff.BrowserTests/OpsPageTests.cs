using System.Diagnostics;
using Bff.BrowserTests.World;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests;

public sealed class OpsPageTests(Chromium chromium)
{
    private const string Token = "ops-token-of-the-browser-tests";

    [Fact]
    public async Task An_operator_ends_a_session_and_its_page_is_told_why_at_once()
    {
        await using var demo = await Demo.StartAsync(TimeSpan.FromMinutes(5));   // no renewal at which the page would ask
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        await alice.SeesTheStreamAsync();
        await using var ops = await chromium.VisitAsync(url: Demo.OpsUrl);
        await Expect(ops["#tile-sessions .figure"]).ToHaveTextAsync("1");
        await Expect(ops["#renewals-words"]).ToContainTextAsync("renewal due");
        await ops.PoseAsync("ops");
        await ops.PoseAsync("ops", ColorScheme.Dark);

        await ops["#sessions button"].ClickAsync();
        await Expect(ops["#session-facts"]).ToContainTextAsync("Next renewal");
        await ops.PoseAsync("ops-session");
        await ops["#end"].ClickAsync();
        var ended = Stopwatch.GetTimestamp();
        await ops["#confirm-yes"].ClickAsync();

        await alice.SeesStateAsync("signed-out");
        Stopwatch.GetElapsedTime(ended).ShouldBeLessThan(JourneyTests.SoonerThanByAsking);
        await Expect(alice["#message"]).ToHaveTextAsync("An administrator has ended your session. Sign in to continue.");
        await Expect(ops["#toast"]).ToContainTextAsync("Ended");
        await Expect(ops["#ends"]).ToContainTextAsync("ended by an administrator");
        await Expect(ops["#tile-sessions .figure"]).ToHaveTextAsync("0");   // counted every ten seconds
        demo.Sessions.All().ShouldBeEmpty();
        demo.Bff.Output.ShouldContain("Bff.Audit");
        ops.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_operator_who_thinks_better_of_it_ends_nothing()
    {
        await using var demo = await Demo.StartAsync(tokenLifetime: TimeSpan.FromMinutes(5));
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        await using var ops = await chromium.VisitAsync(url: Demo.OpsUrl);

        await Expect(ops["#sessions button"].First).ToBeVisibleAsync();
        await ops.TabToAsync("#sessions button");
        await ops.PressAsync("Enter");
        await ops.TabToAsync("#end-all");
        await ops.PressAsync("Enter");
        await Expect(ops["#confirm-title"]).ToContainTextAsync("alice");
        await ops.PressAsync("Enter");   // the focus is on Cancel
        await Expect(ops["#confirm"]).ToBeHiddenAsync();
        demo.Sessions.Only().Renewals.ShouldBe(0);

        await ops.TabToAsync("#renew");
        await ops.PressAsync("Enter");
        await Expect(ops["#toast"]).ToContainTextAsync("Renewed");
        demo.Sessions.Only().Renewals.ShouldBe(1);
    }

    [Fact]
    public async Task The_token_is_asked_for_and_forgotten_with_the_page()
    {
        await using var demo = await Demo.StartAsync(bffSettings: ("Bff__Ops__Token", Token));
        await using var ops = await chromium.VisitAsync(url: Demo.OpsUrl);

        await Expect(ops["#gate"]).ToBeVisibleAsync();
        await ops.IsAccessibleAsync();
        await ops["#token"].FillAsync("guessed");
        await ops.PressAsync("Enter");
        await Expect(ops["#gate-error"]).ToHaveTextAsync("That token is wrong.");
        await ops["#token"].FillAsync(Token);
        await ops.PressAsync("Enter");
        await Expect(ops["#tile-provider .text"]).ToHaveTextAsync("Responding");

        (await ops.RunAsync<string>("() => JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie")).ShouldBe("{}");
        await ops.Page.ReloadAsync();
        await Expect(ops["#gate"]).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Every_view_of_the_ops_page_is_accessible()
    {
        await using var demo = await Demo.StartAsync(tokenLifetime: TimeSpan.FromMinutes(5));
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        await using var ops = await chromium.VisitAsync(url: Demo.OpsUrl);
        await Expect(ops["#sessions button"]).ToBeVisibleAsync();

        await ops.IsAccessibleAsync();
        await ops["#sessions button"].ClickAsync();
        await ops.IsAccessibleAsync();
        await ops["#end"].ClickAsync();
        await ops.IsAccessibleAsync();
        await ops["#confirm-yes"].ClickAsync();
        await Expect(ops["#toast"]).ToBeVisibleAsync();
        await ops.IsAccessibleAsync();
        await ops["#user"].FillAsync("nobody");
        await ops.PressAsync("Enter");
        await Expect(ops["#no-sessions"]).ToBeVisibleAsync();
        await ops.IsAccessibleAsync();
        ops.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_build_without_charts_shows_its_numbers_and_says_how_to_get_charts()
    {
        await using var demo = await Demo.StartAsync(tokenLifetime: TimeSpan.FromMinutes(5));
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        await using var ops = await chromium.VisitAsync(url: Demo.OpsUrl);
        await Expect(ops["#renewals-chart canvas"]).ToBeVisibleAsync();
        await Expect(ops["#no-charts"]).ToBeHiddenAsync();

        await ops.Page.RouteAsync("**/uplot.*", route => route.FulfillAsync(new() { Status = 404 }));
        await ops.Page.ReloadAsync();

        await Expect(ops["#no-charts"]).ToContainTextAsync("build Bff again with Node.js 20 or later");
        await Expect(ops["#renewals-chart"]).ToBeHiddenAsync();
        await Expect(ops["#renewals-words"]).ToContainTextAsync("due in the next five minutes");
        await Expect(ops["#sessions button"]).ToBeVisibleAsync();
        await ops.IsAccessibleAsync();
        await ops.PoseAsync("ops-without-charts");
        ops.Faults.ShouldBeEmpty();
    }
}
