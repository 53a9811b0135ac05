using Bff.BrowserTests.World;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests;

/// <summary>A session that is about to end: who is there can stay, and an end that nobody can move is called one.</summary>
public sealed class EndingTests(Chromium chromium)
{
    [Fact]
    public async Task Who_was_away_stays_signed_in_by_one_key()
    {
        await SharedPage.StartAsync();
        await using var bff = await MadeUpBff.VisitAsync(chromium);
        var alice = bff.Visitor;
        await PageStates.All["ending"](bff);

        await Expect(alice["#stay"]).ToBeFocusedAsync();
        await Expect(alice["#ending"]).ToHaveAccessibleNameAsync("Stay signed in?");
        await Expect(alice["#ending"]).ToHaveAccessibleDescriptionAsync("You have been away for a while, so you will be signed out at 09:42:00.");
        await Expect(alice["#ending-in"]).ToHaveTextAsync("0:53");
        await Expect(alice["#ending-in"]).ToHaveAttributeAsync("aria-live", "off"); // not a word each second
        await Expect(alice["#ending-said"]).ToHaveTextAsync("Less than 60 seconds left.");
        await bff.PassAsync(10);
        await Expect(alice["#ending-in"]).ToHaveTextAsync("0:43");
        await Expect(alice["#ending-said"]).ToHaveTextAsync("Less than 60 seconds left.");
        (await alice.Page.TitleAsync()).ShouldBe("Stay signed in? · Bff");

        await alice.PressAsync("Enter");
        await Expect(alice["#ending"]).ToBeHiddenAsync();
        bff.KeptAlive.ShouldBe(1);
        await Expect(alice["#session-ends-at"]).ToHaveTextAsync("10:11:17");
        await Expect(alice["#session-ends-how"]).ToHaveTextAsync("unless you do something");
        (await alice.Page.TitleAsync()).ShouldBe("Token renewal · Bff");

        await WarnAsync(bff);
        await alice.PressAsync("Escape"); // somebody is there
        await Expect(alice["#ending"]).ToBeHiddenAsync();
        bff.KeptAlive.ShouldBe(2);
        alice.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_warning_goes_when_it_is_not_true_any_more_and_stays_when_nobody_heard()
    {
        await SharedPage.StartAsync();
        await using var bff = await MadeUpBff.VisitAsync(chromium);
        var alice = bff.Visitor;
        await PageStates.All["ending"](bff);
        bff.Use(); // in another tab
        await bff.TellAsync();
        await Expect(alice["#ending"]).ToBeHiddenAsync();

        await WarnAsync(bff);
        bff.Manner = Manner.IsAway;
        await alice["#stay"].ClickAsync();
        await Expect(alice["#ending-trouble"]).ToHaveTextAsync("That did not work. Bff is not responding. Try again.");
        await Expect(alice["#ending"]).ToBeVisibleAsync();

        bff.Manner = Manner.Answers;
        bff.End("idle_timeout");
        await bff.TellAsync();
        await Expect(alice["#ending"]).ToBeHiddenAsync();
        await alice.SeesStateAsync("signed-out");
        await Expect(alice["#message"]).ToHaveTextAsync("You were away for a while, so your session has ended. Sign in to continue.");
        bff.KeptAlive.ShouldBe(0);
        alice.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_end_that_comes_whatever_one_does_is_called_one()
    {
        await SharedPage.StartAsync();
        await using var bff = await MadeUpBff.VisitAsync(chromium);
        var alice = bff.Visitor;
        await PageStates.All["ending-for-good"](bff);

        await Expect(alice["#ending-title"]).ToHaveTextAsync("Your session is about to end");
        await Expect(alice["#ending-text"]).ToHaveTextAsync(
            "Sessions have a maximum length: this one ends at 09:42:00, whatever you do. Sign in again to continue.");
        await Expect(alice["#ending-login"]).ToBeFocusedAsync();
        await Expect(alice["#stay"]).ToBeHiddenAsync();

        await alice.PressAsync("Escape");
        await Expect(alice["#ending"]).ToBeHiddenAsync();
        await Expect(alice["#session-ends-how"]).ToHaveTextAsync("whatever you do");
        bff.KeptAlive.ShouldBe(0);
        alice.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_page_that_asks_late_says_why_the_session_ended()
    {
        await SharedPage.StartAsync();
        await using var bff = await MadeUpBff.VisitAsync(chromium);
        bff.End("ended_by_admin");
        await PageStates.All["signed-out"](bff);

        await Expect(bff.Visitor["#message"]).ToHaveTextAsync("An administrator has ended your session. Sign in to continue.");
    }

    private static async Task WarnAsync(MadeUpBff bff)
    {
        bff.EndIn(TimeSpan.FromSeconds(55));
        await bff.TellAsync();
        await bff.PassAsync(6); // the script does not ask more often
        await Expect(bff.Visitor["#ending"]).ToBeVisibleAsync();
    }
}
