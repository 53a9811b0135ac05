using Bff.BrowserTests.World;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests;

/// <summary>The demo's provider makes trouble at the push of a button, and nothing has to be ended for it.</summary>
public sealed class TroubleTests(Chromium chromium)
{
    [Fact]
    public async Task An_outage_and_a_silent_renewal_can_be_watched()
    {
        await using var demo = await Demo.StartAsync(TimeSpan.FromMinutes(5));
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        await using var provider = new Visitor(alice.Profile, await alice.Profile.OpenAsync());
        await provider.Page.GotoAsync(Demo.ProviderUrl + "/trouble");
        await provider.IsAccessibleAsync();

        await provider["#stop-answering"].ClickAsync();
        await Expect(provider["#outage"]).ToContainTextAsync("does not answer until");
        await provider.IsAccessibleAsync();
        await alice["#renew"].ClickAsync();
        await alice.SeesStateAsync("provider-down");
        await provider.Page.GotoAsync(Demo.ProviderUrl + "/login");
        await Expect(provider["h1", "This provider does not answer"]).ToBeVisibleAsync();
        await provider["a[href='/trouble']"].ClickAsync();
        await provider["#answer-again"].ClickAsync();
        await Expect(provider["#stop-answering"]).ToBeVisibleAsync();
        await alice["#renew"].ClickAsync();
        await alice.SeesStateAsync("signed-in");

        await provider["#without-refresh-tokens"].ClickAsync();
        await Expect(provider["#silent"]).ToBeVisibleAsync();
        await alice["#logout"].ClickAsync();
        await alice.SignInAsync("alice");
        await Expect(alice["#renewed-by"]).ToHaveTextAsync("This page, silently");
        await alice["#renew"].ClickAsync();
        await alice.SeesRenewalsAsync(1);
        demo.Sessions.Only().Tokens.RefreshToken.ShouldBeNull();
    }
}
