using System.Globalization;
using System.Net;
using Bff.BrowserTests.World;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests;

public sealed class OutageTests(Chromium chromium)
{
    /// <summary>A JWT tells its end in whole seconds, so it may end this much before the moment that <c>expires_in</c> promised.</summary>
    private static readonly TimeSpan TokenClock = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_provider_that_is_down_for_longer_than_a_token_lives_signs_nobody_out()
    {
        await using var demo = await Demo.StartAsync();
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        var cookie = (await alice.CookieAsync())!.Value;
        (await alice.CallApiAsync("private")).ShouldBe(200); // the API knows the provider's keys from now on
        var load = await Load.StartAsync(alice);

        await demo.Provider.KillAsync();
        var expiry = demo.Sessions.Only().Tokens.ExpiresAt;
        await Eventually.ReachesAsync(expiry + TimeSpan.FromSeconds(1));
        await alice["#api-private"].ClickAsync();
        await Expect(alice["#api-meaning"]).ToContainTextAsync("Still waiting. There is no valid token at the moment, so the page repeats the call");
        await alice["#renew"].ClickAsync();
        await alice.SeesStateAsync("provider-down");
        await Expect(alice["#message[data-kind=error]"]).ToContainTextAsync("The sign-in service is not reachable.");
        await alice.PoseAsync("provider-down");
        await alice.PoseAsync("provider-down", ColorScheme.Dark);

        var back = TimeProvider.System.GetUtcNow();
        await demo.Provider.StartAsync();
        await load.SucceedsAgainAsync();
        await alice.SeesRenewalsAsync(1);
        await Expect(alice["#message"]).ToBeEmptyAsync();
        await alice.SeesStateAsync("signed-in");
        await Expect(alice["#api-answer"]).ToHaveAttributeAsync("data-status", "200"); // the call that was made in the outage
        (await alice.CookieAsync())!.Value.ShouldBe(cookie);

        var calls = await load.StopAsync();
        calls.ShouldAllBe(call => call.Status == 200 || call.Status == 503);
        var alive = calls.Where(call => call.Answered < (expiry - TokenClock).ToUnixTimeMilliseconds()).ToList();
        alive.ShouldNotBeEmpty();
        alive.ShouldAllBe(call => call.Status == 200);
        var dead = calls.Where(call => call.Sent > expiry.ToUnixTimeMilliseconds() && call.Answered < back.ToUnixTimeMilliseconds()).ToList();
        dead.ShouldNotBeEmpty();
        dead.ShouldAllBe(call => call.Status == 503 && call.RetryAfter != null);
        await demo.SawOneRefreshPerRenewalAsync();
        alice.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_renewal_that_fails_leaves_the_right_times_on_the_page()
    {
        await using var demo = await Demo.StartAsync(tokenLifetime: TimeSpan.FromMinutes(5));
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        await demo.Provider.KillAsync();
        await Eventually.ReachesAsync(TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(6)); // what Bff said about its clock gets old

        await alice["#renew"].ClickAsync();
        await alice.SeesStateAsync("provider-down");
        await Expect(alice["#message[data-kind=warning]"]).ToHaveTextAsync("The sign-in service is not reachable.");

        var shown = TimeOnly.Parse(await alice["#expires-at"].InnerTextAsync(), CultureInfo.InvariantCulture);
        var meant = TimeOnly.FromDateTime((await alice.ExpiryAsync()).UtcDateTime);
        var tolerance = TimeSpan.FromSeconds(3);
        shown.IsBetween(meant.Add(-tolerance), meant.Add(tolerance)).ShouldBeTrue($"the page says {shown:T}, and the token expires at {meant:T}");
    }

    [Fact]
    public async Task A_sign_in_while_the_provider_is_down_ends_at_a_page_that_says_so()
    {
        await using var demo = await Demo.StartAsync();
        await using var visitor = await chromium.VisitAsync();
        await visitor.SeesStateAsync("signed-out");
        await demo.Provider.KillAsync();

        var login = Demo.BffUrl + "/bff/login";
        var answer = await visitor.Page.RunAndWaitForResponseAsync(
            () => visitor["#login"].ClickAsync(), answer => answer.Url.StartsWith(login, StringComparison.Ordinal));

        answer.Status.ShouldBe(503);
        answer.Headers.ShouldContainKey("retry-after");
        await Expect(visitor["h1"]).ToHaveTextAsync("The sign-in service cannot be reached.");
        await visitor.PoseAsync("sign-in-unavailable");

        await demo.Provider.StartAsync();
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        await Eventually.HappensAsync(async () =>
        {
            using var begun = await http.GetAsync(new Uri(login));   // metadata that could not be had are asked for again after some seconds
            return begun.StatusCode == HttpStatusCode.Found;
        }, "sign-ins begin again");
        await visitor.OpenAsync();
        await visitor.SignInAsync("alice");
    }
}
