using Bff.BrowserTests.World;

namespace Bff.BrowserTests;

/// <summary>The journeys of <see cref="JourneyTests"/> in WebKitGTK, which is not Safari, but Safari's engine.</summary>
public sealed class WebKitTests
{
    [Fact]
    public async Task Sign_in_three_apis_a_renewal_by_hand_and_one_in_the_background()
    {
        await using var demo = await Demo.StartAsync(bffSettings: WebKit.InsecureCookie);
        await using var alice = await WebKit.VisitAsync();
        await alice.SignInAsync("alice");
        (await alice.CallApiAsync("public")).ShouldBe(200);
        (await alice.CallApiAsync("private")).ShouldBe(200);
        (await alice.CallApiAsync("scoped")).ShouldBe(200);
        await alice.ClickAsync("#renew");
        await alice.SeesRenewalsAsync(2);

        await demo.Provider.KillAsync();
        await alice.SeesStateAsync("provider-down");
        await demo.Provider.StartAsync();
        await alice.SeesStateAsync("signed-in");
        (await alice.CallApiAsync("private")).ShouldBe(200);
    }

    [Fact]
    public async Task A_session_without_refresh_token_is_renewed_by_the_page_also_at_one_origin()
    {
        await using var demo = await Demo.StartAsync(bffSettings: [WebKit.InsecureCookie, ("Bff__Oidc__Scope", "openid profile email read:messages"), ("Bff__Spa__Url", Demo.PageUrl)]);
        await using var alice = await WebKit.VisitAsync(Demo.BffUrl + "/orders/17");
        await alice.SignInAsync("alice");
        alice.Url.ShouldEndWith("/orders/17");
        await alice.SeesRenewalsAsync(1);
        await alice.OpenAsync(Demo.PageUrl);
        await alice.SeesStateAsync("signed-in");
        await alice.SeesRenewalsAsync(1);
        (await alice.CallApiAsync("scoped")).ShouldBe(200);
    }

    [Fact]
    public async Task Two_tabs_share_one_stream_hand_it_over_and_are_signed_out_together()
    {
        await using var demo = await Demo.StartAsync(bffSettings: WebKit.InsecureCookie);
        await using var alice = await WebKit.VisitAsync();
        await alice.SignInAsync("alice");
        var toFirst = await alice.OpenTabAsync();
        await alice.SeesStateAsync("signed-in");
        var toSecond = await alice.OpenTabAsync();
        await alice.SeesStateAsync("signed-in");

        toFirst();
        alice.CloseTab();
        toSecond();
        await alice.SeesRenewalsAsync(1);

        var toThat = await alice.OpenTabAsync();
        await alice.ClickAsync("#logout");
        await alice.SeesStateAsync("signed-out");
        toThat();
        await alice.SeesStateAsync("signed-out");
    }
}
