using Bff.BrowserTests.World;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests;

/// <summary>Everybody can use the page: axe-core finds nothing in any state, and the keyboard reaches everything.</summary>
public sealed class AccessibilityTests(Chromium chromium)
{
    private const string ScopeWithoutRefreshToken = "openid profile email read:messages";

    [Fact]
    public async Task Before_and_during_a_sign_in()
    {
        await using var demo = await Demo.StartAsync();
        await using var visitor = await chromium.VisitAsync();
        await visitor.SeesStateAsync("signed-out");
        await visitor.IsAccessibleAsync();

        await visitor.Page.RouteAsync("**/bff/session", _ => Task.CompletedTask); // Bff takes its time
        await visitor.OpenAsync();
        await visitor.SeesStateAsync("loading");
        await visitor.IsAccessibleAsync();
        await visitor.Page.GotoAsync(Demo.PageUrl + "/?signing-in="); // where a sign-in ends
        await visitor.SeesStateAsync("signing-in");
        await visitor.IsAccessibleAsync();
        (await visitor.RunAsync<string>("() => { document.getElementById('login').click(); return document.body.dataset.state; }")).ShouldBe("signing-in"); // and where one begins
        visitor.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task While_signed_in_and_while_cut_off()
    {
        await using var demo = await Demo.StartAsync();
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        await alice["#api-private"].ClickAsync();
        await alice.SeesRenewalsAsync(1);
        await alice.SeesStateAsync("signed-in");
        await alice.IsAccessibleAsync();

        await alice["#profile"].ClickAsync();
        await Expect(alice["#claims tbody tr", "email"]).ToBeVisibleAsync();
        await Expect(alice["#profile-title"]).ToBeFocusedAsync();
        await alice.IsAccessibleAsync();

        await alice["#home"].ClickAsync();
        await alice.Profile.SetOfflineAsync(true);
        await alice.SeesStateAsync("offline");
        await alice.IsAccessibleAsync();
        await alice.PoseAsync("offline");

        await alice.Profile.SetOfflineAsync(false);
        await alice.SeesStateAsync("signed-in");
        await demo.Bff.KillAsync();
        await alice.SeesStateAsync("unreachable");
        await alice.IsAccessibleAsync();
        alice.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task While_the_provider_is_down()
    {
        await using var demo = await Demo.StartAsync();
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        await alice.SeesRenewalsAsync(1);

        await demo.Provider.KillAsync();

        await alice.SeesStateAsync("provider-down");
        await Expect(alice["#state-title"]).ToHaveTextAsync("You stay signed in");
        await Expect(alice["#timeline .failure"].First).ToBeVisibleAsync();
        await alice.IsAccessibleAsync();
        alice.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task When_only_a_new_login_can_help()
    {
        await using var demo = await Demo.StartAsync(bffSettings: ("Bff__Oidc__Scope", ScopeWithoutRefreshToken));
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        await alice.SignOutAtTheProviderAsync();

        await alice.SeesStateAsync("expiring");

        await Expect(alice["#state-text"]).ToContainTextAsync("Log in again to go on.");
        await Expect(alice["#message[data-kind=warning]"]).ToContainTextAsync("development keys");
        await alice.IsAccessibleAsync();
        await alice.PoseAsync("expiring");
        alice.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_page_at_an_address_that_bff_does_not_know_is_told_what_to_change()
    {
        await using var demo = await Demo.StartAsync();
        await using var visitor = await chromium.VisitAsync();
        var address = Demo.PageUrl.Replace("localhost", "127.0.0.1", StringComparison.Ordinal);
        await visitor.Page.GotoAsync(address);

        await visitor.SeesStateAsync("unreachable");

        await Expect(visitor["#state-title"]).ToHaveTextAsync("This page is at an address Bff does not know");
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
}
