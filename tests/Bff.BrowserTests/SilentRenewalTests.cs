using Bff.BrowserTests.World;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests;

/// <summary>A session without a refresh token: the page renews it as the sample of old did, through an invisible frame.</summary>
public sealed class SilentRenewalTests(Chromium chromium)
{
    private const string ScopeWithoutRefreshToken = "openid profile email read:messages";

    [Fact]
    public async Task Without_a_refresh_token_the_page_renews_in_an_invisible_frame_until_the_provider_forgets_the_user()
    {
        await using var demo = await Demo.StartAsync(bffSettings: ("Bff__Oidc__Scope", ScopeWithoutRefreshToken));
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        await Expect(alice["#renewed-by"]).ToHaveTextAsync("This page, silently");
        demo.Sessions.Only().Tokens.RefreshToken.ShouldBeNull();

        await alice.SeesRenewalsAsync(2);

        await Expect(alice["#renewal-history li"].First).ToContainTextAsync("by this page, silently");
        (await alice.CallApiAsync("scoped")).ShouldBe(200);
        (await Diary.ReadAsync()).ShouldBe(new Diary(Issued: 3, Refreshed: 0, Reused: 0, Rejected: 0));
        demo.Sessions.Only().Tokens.ExpiresAt.ShouldBe(await alice.ExpiryAsync(), TimeSpan.FromSeconds(1)); // each renewal replaced the session before
        await Expect(alice["iframe"]).ToHaveCountAsync(0);
        await alice.PoseAsync("silent");

        await alice.SignOutAtTheProviderAsync();
        await Expect(alice["#message[data-kind=warning]"]).ToContainTextAsync("could not renew your sign-in without asking you");
        (await alice.CallApiAsync("private")).ShouldBe(200); // the token that is left serves until it expires
        await alice.PoseAsync("login-required");
    }
}
