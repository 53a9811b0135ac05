using System.Net;
using System.Net.Http.Json;
using Bff.BrowserTests.World;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests;

public sealed class SignOutTests(Chromium chromium)
{
    [Fact]
    public async Task Signing_out_ends_the_session_here_and_at_the_provider_and_every_credential_of_it()
    {
        await using var demo = await Demo.StartAsync(tokenLifetime: TimeSpan.FromMinutes(5));
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        var cookie = (await alice.CookieAsync())!.Value;
        var refreshToken = demo.Sessions.Only().Tokens.RefreshToken!;
        (await CallWithAsync(cookie)).ShouldBe(HttpStatusCode.OK);

        await alice["#logout"].ClickAsync();
        await alice.SeesStateAsync("signed-out");

        alice.Page.Url.ShouldBe(Demo.PageUrl + "/");
        (await alice.CookieAsync()).ShouldBeNull();
        demo.Sessions.All().ShouldBeEmpty();
        (await CallWithAsync(cookie)).ShouldBe(HttpStatusCode.Unauthorized);
        (await RefreshAsync(refreshToken)).ShouldBe("invalid_grant");

        await alice["#login"].ClickAsync();
        await Expect(alice["#password"]).ToBeVisibleAsync(); // the provider does not remember her either
    }

    [Fact]
    public async Task A_session_that_ended_elsewhere_is_noticed_by_the_page()
    {
        await using var demo = await Demo.StartAsync();
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        var otherTab = await alice.Profile.OpenAsync();
        await otherTab.GotoAsync(Demo.PageUrl);
        await otherTab.ClickAsync("#logout");
        await Expect(otherTab.Locator("body")).ToHaveAttributeAsync("data-state", "signed-out");

        await alice.SeesStateAsync("signed-out");

        await Expect(alice["#message"]).ToHaveTextAsync("You have signed out in another window. Sign in to continue.");
        await alice.PoseAsync("session-ended");
    }

    /// <summary>Somebody who has kept the cookie, outside of any browser.</summary>
    private static async Task<HttpStatusCode> CallWithAsync(string cookie)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false });
        http.DefaultRequestHeaders.Add("X-CSRF", "1");
        http.DefaultRequestHeaders.Add("Cookie", $"{Visitor.SessionCookie}={cookie}");
        using var answer = await http.GetAsync(new Uri(Demo.BffUrl + "/api/private"));
        return answer.StatusCode;
    }

    /// <summary>The provider's word on a refresh token that was kept.</summary>
    private static async Task<string?> RefreshAsync(string refreshToken)
    {
        using var http = new HttpClient();
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "refresh_token",
            ["refresh_token"] = refreshToken,
            ["client_id"] = "bff",
            ["client_secret"] = "demo-only-not-a-secret",
        });
        using var answer = await http.PostAsync(new Uri(Demo.ProviderUrl + "/connect/token"), form);
        return (await answer.Content.ReadFromJsonAsync<Refusal>())?.Error;
    }

    private sealed record Refusal(string? Error);
}
