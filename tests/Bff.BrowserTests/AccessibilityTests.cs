using Bff.BrowserTests.World;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests;

/// <summary>Everybody can use the page: axe-core finds nothing in any state, and the keyboard reaches everything.</summary>
public sealed class AccessibilityTests(Chromium chromium, ChromiumWithLargeText large)
{
    private const int NarrowestPhone = 320;

    /// <summary>States that show nothing another one of the list does not.</summary>
    private static readonly string[] Covered = ["signing-in", "access-denied", "signed-in", "provider-down", "unknown-address", "api-403", "profile"];

    [Fact]
    public async Task In_every_state_axe_finds_nothing_and_a_narrow_phone_has_room()
    {
        await SharedPage.StartAsync();
        foreach (var (state, bringAbout) in PageStates.All.Where(each => !Covered.Contains(each.Key)))
        {
            await using var bff = await MadeUpBff.VisitAsync(chromium);
            await bringAbout(bff);
            await bff.StandStillAsync();
            await bff.Visitor.IsAccessibleAsync();
            (await bff.Visitor.FitsAsync(NarrowestPhone)).ShouldBeTrue(state);
            bff.Visitor.Faults.ShouldBeEmpty(state);
        }
    }

    [Fact]
    public async Task Text_of_twice_the_size_and_forced_colours_hide_nothing()
    {
        await SharedPage.StartAsync();
        await using var usual = await MadeUpBff.VisitAsync(chromium);
        await PageStates.All["renewed"](usual);
        await using var doubled = await MadeUpBff.VisitAsync(large);
        await PageStates.All["renewed"](doubled);
        foreach (var selector in new[] { "#state-title", "#user-name", "#timeline > text", "#expires-in" })
        {
            (await HeightAsync(doubled, selector) / await HeightAsync(usual, selector)).ShouldBeGreaterThan(1.8, selector);
        }

        (await doubled.Visitor.FitsAsync(375)).ShouldBeTrue();
        (await doubled.Visitor.RunAsync<bool>("() => { const { scrollWidth, clientWidth } = document.querySelector('#user-name'); return scrollWidth <= "
            + "clientWidth; }")).ShouldBeTrue();

        await usual.Visitor.Page.EmulateMediaAsync(new() { ForcedColors = ForcedColors.Active, ReducedMotion = ReducedMotion.Reduce });
        (await usual.Visitor.RunAsync<string>("() => getComputedStyle(document.querySelector('.beacon'), '::before').content")).ShouldBe("\"✓\"");
        var unseen = await usual.Visitor.RunAsync<string[]>(
            """
            () => {
              const probe = document.createElement('i');
              document.body.append(probe);
              const colour = (name) => { probe.style.color = name; return getComputedStyle(probe).color; };
              const [paper, ink, marked] = ['Canvas', 'CanvasText', 'Highlight'].map(colour);
              const seen = [ink, marked, colour('LinkText'), colour('ButtonText'), colour('ButtonBorder')];
              const bordered = ['.beacon', '.count', '.avatar', '#home', '#api-answer', '.card', '#renew'].filter((part) => {
                const { borderTopColor, borderTopStyle } = getComputedStyle(document.querySelector(part));
                return borderTopStyle !== 'solid' || borderTopColor === paper || !seen.includes(borderTopColor);
              });
              const drawn = ['.token .used', '.token.current .used', '.pill rect', '.time'].filter((part) => !seen.includes(getComputedStyle(document.querySelector(part)).fill));
              const lined = ['.token.current .left', '.token .expiry', '.renewal', '.plan rect', '.now.line'].filter((part) => !seen.includes(getComputedStyle(document.querySelector(part)).stroke));
              const glowing = ['.beacon'].filter((part) => getComputedStyle(document.querySelector(part)).boxShadow !== 'none');
              return [...bordered, ...drawn, ...lined, ...glowing];
            }
            """);
        unseen.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_word_now_stays_within_the_picture()
    {
        await SharedPage.StartAsync();
        await using var bff = await MadeUpBff.VisitAsync(chromium);
        await PageStates.All["signed-in"](bff);

        var (picture, pill) = (await bff.Visitor["#timeline"].BoundingBoxAsync(), await bff.Visitor["#timeline .pill"].BoundingBoxAsync());
        pill!.X.ShouldBeGreaterThanOrEqualTo(picture!.X);
    }

    [Fact]
    public async Task Without_script_nothing_turns_and_waits()
    {
        await SharedPage.StartAsync();
        await using var visitor = await chromium.VisitWithoutScriptAsync();

        await Expect(visitor["h1", "This page needs JavaScript"]).ToBeVisibleAsync();
        await Expect(visitor[".beacon"]).ToBeHiddenAsync();
        await Expect(visitor["#state-text"]).ToBeHiddenAsync();
    }

    [Fact]
    public async Task A_page_at_an_address_that_bff_does_not_know_is_told_what_to_change()
    {
        await using var demo = await Demo.StartAsync();
        await using var visitor = await chromium.VisitAsync();
        var address = Demo.PageUrl.Replace("localhost", "127.0.0.1", StringComparison.Ordinal);
        await visitor.Page.GotoAsync(address);

        await visitor.SeesStateAsync("unreachable");

        await Expect(visitor["#state-title"]).ToHaveTextAsync("This page does not work at this address");
        await Expect(visitor["#message"]).ToContainTextAsync($"add {address} to Bff:Spa:Origins");
        await visitor.IsAccessibleAsync();
    }

    [Fact]
    public async Task Alice_signs_in_renews_and_signs_out_by_keyboard_alone()
    {
        await using var demo = await Demo.StartAsync(tokenLifetime: TimeSpan.FromMinutes(5));
        await using var alice = await chromium.VisitAsync();
        await alice.SeesStateAsync("signed-out");

        await alice.TabToAsync(".skip");
        await alice.PressAsync("Enter");
        await Expect(alice["#main"]).ToBeFocusedAsync();
        await alice.TabToAsync("#login");
        await alice.PressAsync("Enter");
        await alice.SignInByKeyboardAsync();
        await alice.SeesStateAsync("signed-in");
        alice.Page.Url.ShouldBe(Demo.PageUrl + "/");

        await alice.TabToAsync("#renew");
        await alice.PressAsync("Enter");
        await alice.SeesRenewalsAsync(1);
        await Expect(alice["#renew"]).ToBeFocusedAsync(); // nothing has moved under the user's fingers
        await alice.TabToAsync("#api-scoped");
        await alice.PressAsync("Space");
        await Expect(alice["#api-answer[data-status='200']"]).ToBeVisibleAsync();
        await alice.Page.ReloadAsync();
        await alice.SeesStateAsync("signed-in");
        await alice.TabToAsync("#logout");
        await alice.PressAsync("Enter");
        await alice.SeesStateAsync("signed-out");
        alice.Faults.ShouldBeEmpty();
    }

    private static Task<double> HeightAsync(MadeUpBff bff, string selector) =>
        bff.Visitor.RunAsync<double>("(selector) => document.querySelector(selector).getBoundingClientRect().height", selector);
}
