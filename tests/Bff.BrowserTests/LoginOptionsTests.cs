using System.Text.Json;
using Bff.BrowserTests.World;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests;

/// <summary>What a page says to the provider through <c>bff.login()</c>, and whom it then finds signed in.</summary>
public sealed class LoginOptionsTests(Chromium chromium)
{
    [Fact]
    public async Task What_the_page_asks_for_reaches_Bff_and_the_user_comes_back_to_the_fragment_with_a_name()
    {
        await using var demo = await Demo.StartAsync(TimeSpan.FromMinutes(5));
        await using var alice = await chromium.VisitAsync();
        await alice.SeesStateAsync("signed-out");
        (await alice.RunAsync<bool>("async () => (await (await import('/bff.js')).getUser()) === null")).ShouldBeTrue();
        var asked = alice.Requests("/bff/login");   // from there on it is pushed, and no browser sees it

        await alice.RunAsync<bool>(
            """
            async () => {
              location.hash = '#/orders/17?view=all';
              (await import('/bff.js')).login({ prompt: 'login', loginHint: 'alice', screenHint: 'signup', organization: 'org_1', uiLocales: 'de-AT de', acrValues: 'urn:mfa' });
              return true;
            }
            """);
        await Expect(alice["#username"]).ToBeVisibleAsync();
        var query = Uri.UnescapeDataString(asked.Single()).Replace('+', ' ');
        foreach (var parameter in new[] { "prompt=login", "login_hint=alice", "screen_hint=signup", "organization=org_1", "ui_locales=de-AT de",
            "acr_values=urn:mfa" })
        {
            query.ShouldContain(parameter);
        }

        query.ShouldNotContain("max_age");
        await alice["#username"].FillAsync("alice");
        await alice["#password"].FillAsync("alice");
        await alice["#login-submit"].ClickAsync();
        await Expect(alice["#consent-form, body[data-state=signed-in]"]).ToBeVisibleAsync();
        if (await alice["#consent-allow"].IsVisibleAsync()) { await alice["#consent-allow"].ClickAsync(); }
        await alice.SeesStateAsync("signed-in");

        alice.Page.Url.ShouldEndWith("#/orders/17?view=all");
        var user = JsonDocument.Parse(await alice.RunAsync<string>("async () => JSON.stringify(await (await import('/bff.js')).getUser())")).RootElement;
        user.GetProperty("name").GetString().ShouldBe("Alice Adams");
        user.GetProperty("sub").GetString().ShouldBe(user.GetProperty("claims").GetProperty("sub").GetString());
        user.GetProperty("roles").ValueKind.ShouldBe(JsonValueKind.Array);
    }
}
