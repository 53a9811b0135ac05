using Bff.BrowserTests.World;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Bff.BrowserTests;

public sealed class SignInTests(Chromium chromium)
{
    [Fact]
    public async Task Alice_signs_in_and_reads_all_three_apis()
    {
        await using var demo = await Demo.StartAsync();
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");

        await Expect(alice["#user-name"]).ToHaveTextAsync("Alice Adams");
        (await alice.CallApiAsync("public")).ShouldBe(200);
        (await alice.CallApiAsync("private")).ShouldBe(200);
        (await alice.CallApiAsync("scoped")).ShouldBe(200);
        await Expect(alice["#api-body"]).ToContainTextAsync("Hello from the scoped endpoint");
        await alice.PoseAsync("api-200");
        await alice.PoseAsync("api-200", ColorScheme.Dark);
    }

    [Fact]
    public async Task Bob_is_told_that_a_scope_is_missing()
    {
        await using var demo = await Demo.StartAsync();
        await using var bob = await chromium.VisitAsync();
        await bob.SignInAsync("bob");

        await Expect(bob["#user-name"]).ToHaveTextAsync("Bob Brown");
        (await bob.CallApiAsync("private")).ShouldBe(200);
        (await bob.CallApiAsync("scoped")).ShouldBe(403);
        await Expect(bob["#api-meaning"]).ToHaveTextAsync("Your token lacks a scope this API asks for.");
        await Expect(bob["#api-body"]).ToContainTextAsync("read:messages");
        await bob.SeesStateAsync("signed-in");
        await bob.PoseAsync("api-403");
    }

    [Fact]
    public async Task A_visitor_who_is_not_signed_in_reads_the_public_api_only()
    {
        await using var demo = await Demo.StartAsync();
        await using var visitor = await chromium.VisitAsync();

        await visitor.SeesStateAsync("signed-out");
        await visitor.PoseAsync("signed-out");
        await visitor.PoseAsync("signed-out", ColorScheme.Dark);
        (await visitor.CallApiAsync("public")).ShouldBe(200);
        (await visitor.CallApiAsync("private")).ShouldBe(401);
        await Expect(visitor["#api-meaning"]).ToHaveTextAsync("The API needs a signed-in user.");
        await visitor.PoseAsync("api-401");
    }

    [Fact]
    public async Task A_user_who_does_not_consent_is_told_so_on_the_page()
    {
        await using var demo = await Demo.StartAsync();
        await using var visitor = await chromium.VisitAsync();
        await visitor["#login"].ClickAsync();
        await visitor["#username"].FillAsync("alice");
        await visitor["#password"].FillAsync("alice");
        await visitor["#login-submit"].ClickAsync();
        await visitor["#consent-deny"].ClickAsync();

        await visitor.SeesStateAsync("signed-out");
        await Expect(visitor["#message"]).ToContainTextAsync("denied access");
        visitor.Page.Url.ShouldNotContain("error");
        await visitor.PoseAsync("access-denied");
    }

    [Fact]
    public async Task The_profile_shows_the_claims_of_the_sign_in()
    {
        await using var demo = await Demo.StartAsync();
        await using var alice = await chromium.VisitAsync();
        await alice.SignInAsync("alice");
        await alice["#profile"].ClickAsync();

        await Expect(alice["#person div", "E-mail"]).ToContainTextAsync("alice@demo.example");
        await Expect(alice["#person div", "Name"].First).ToContainTextAsync("Alice Adams");
        await Expect(alice["#person div", "Signed in at"]).ToBeVisibleAsync();
        await Expect(alice["#claims"]).ToBeHiddenAsync();
        await alice["#profile-page summary"].ClickAsync();
        await Expect(alice["#claims tbody tr", "preferred_username"]).ToBeVisibleAsync();
        await alice.PoseAsync("profile");
    }
}
