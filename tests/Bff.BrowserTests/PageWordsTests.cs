using Bff.BrowserTests.World;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests;

/// <summary>What the page says is for the person in front of it, and only of what is so.</summary>
public sealed class PageWordsTests(Chromium chromium)
{
    [Fact]
    public async Task In_production_what_a_developer_can_do_is_in_the_console_only_and_the_demo_is_not_mentioned()
    {
        await using var page = MadeUpBff.Page();
        foreach (var (key, value) in new[] { ("ASPNETCORE_ENVIRONMENT", "Production"), ("Spa__Demo__ProviderUrl", ""), ("Spa__Demo__OpsUrl", "") })
        {
            page.Environment[key] = value;
        }

        await page.StartAsync();
        await using var bff = await MadeUpBff.VisitAsync(chromium);
        await PageStates.All["unknown-address"](bff);

        await Expect(bff.Visitor["#state-title"]).ToHaveTextAsync("This page does not work at this address");
        await Expect(bff.Visitor["#message"]).ToHaveTextAsync($"Bff does not know this page’s address, {Demo.PageUrl}.");
        bff.Visitor.Console.ShouldContain(line => line.Contains("Bff:Spa:Origins", StringComparison.Ordinal));
        await Expect(bff.Visitor["#try"]).ToBeHiddenAsync();
    }

    [Fact]
    public async Task A_call_that_takes_long_waits_for_a_token_only_when_there_is_none()
    {
        await SharedPage.StartAsync();
        await using var bff = await MadeUpBff.VisitAsync(chromium);
        var alice = bff.Visitor;
        await PageStates.All["signed-in"](bff);
        bff.Api = (0, "");
        await alice["#api-private"].ClickAsync();
        await bff.PassAsync(2);
        await Expect(alice["#api-meaning"]).ToHaveTextAsync("Still waiting for a response.");

        await bff.PassAsync(60);
        await alice["#api-private"].ClickAsync();
        await bff.PassAsync(2);
        await Expect(alice["#api-meaning"]).ToContainTextAsync("There is no valid token at the moment");

        // Offline is told to a user.
        bff.Renew();
        bff.Api = (200, "{}");
        await bff.TellAsync();
        await bff.GoOfflineAsync();
        (await alice.CallApiAsync("private")).ShouldBe(0);
        await Expect(alice["#api-meaning"]).ToHaveTextAsync("You are offline.");
    }

    [Fact]
    public async Task When_the_visitors_clock_is_set_every_time_on_the_page_follows()
    {
        await SharedPage.StartAsync();
        await using var bff = await MadeUpBff.VisitAsync(chromium);
        await PageStates.All["renewed"](bff);
        await bff.TellAsync();   // while time passed, the two clocks were up to a second apart
        await bff.PassAsync(1);
        await Expect(bff.Visitor["#renewal-history time"].First).ToHaveTextAsync("09:43:01");

        await bff.Visitor.Page.Clock.SetSystemTimeAsync(bff.Now + TimeSpan.FromHours(1));
        await bff.TellAsync();
        await bff.PassAsync(1);

        await Expect(bff.Visitor["#expires-at"]).ToHaveTextAsync("10:44:01");
        await Expect(bff.Visitor["#renewal-history time"].First).ToHaveTextAsync("10:43:01");
        await Expect(bff.Visitor["#timeline text", "expires"]).ToHaveTextAsync("expires · 10:44:01");
    }

    [Fact]
    public async Task What_the_API_told_one_user_goes_with_the_user()
    {
        await SharedPage.StartAsync();
        await using var bff = await MadeUpBff.VisitAsync(chromium);
        await PageStates.All["api-200"](bff);
        await Expect(bff.Visitor["#api-body"]).ToContainTextAsync("alice");

        bff.End("ended_by_admin");
        await bff.TellAsync();
        await bff.Visitor.SeesStateAsync("signed-out");
        await Expect(bff.Visitor["#api-meaning"]).ToHaveTextAsync("The response appears here.");
        await Expect(bff.Visitor["#api-body"]).ToBeEmptyAsync();
        await Expect(bff.Visitor["#api-answer"]).Not.ToHaveAttributeAsync("data-status", "200");
    }

    [Fact]
    public async Task The_card_Try_this_shows_the_code_that_runs_and_leads_to_the_rest_of_the_demo()
    {
        await SharedPage.StartAsync();
        await using var bff = await MadeUpBff.VisitAsync(chromium);
        await PageStates.All["try-code"](bff);

        await Expect(bff.Visitor["#found"]).ToContainTextAsync("No token among");
        var code = await bff.Visitor["#try pre"].AllInnerTextsAsync();
        foreach (var part in new[]
        {
            "bff.renew()", "bff.on('signedOut'", "bff.logout()", "bff.fetch(path", "localStorage", "use-credentials", "bff.login(", "life.follow(",
        })
        {
            code.ShouldContain(excerpt => excerpt.Contains(part, StringComparison.Ordinal), part);
        }

        code.ShouldAllBe(excerpt => excerpt.TrimEnd().EndsWith('}') || excerpt.TrimEnd().EndsWith(';'));
        (await bff.Visitor["#try a"].EvaluateAllAsync<string[]>("links => links.map(({ href }) => href)"))
            .ShouldBe(
            [
                $"{Demo.PageUrl}/", $"{Demo.ProviderUrl}/trouble", $"{Demo.BffUrl}/api/pages/report.txt", $"{Demo.BffUrl}/api/pages/hello?from=demo&n=1",
                $"{Demo.ProviderUrl}/diary", $"{Demo.OpsUrl}/",
            ]);
    }
}
