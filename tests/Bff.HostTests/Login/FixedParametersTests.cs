using System.Net;

namespace Bff.HostTests.Login;

/// <summary>Parameters that the operator adds to authorization and token requests.</summary>
[Trait("Standard", "RP-24")]
public sealed class FixedParametersTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_authorization_request_has_the_configured_parameters_below_those_of_the_page(bool isPushed)
    {
        await using var world = await World.StartAsync(
            ("Bff:Oidc:AuthorizationParameters:access_type", "offline"), ("Bff:Oidc:AuthorizationParameters:prompt", "consent"),
            ("Bff:Oidc:AuthorizationParameters:ui_locales", "de"));
        world.Provider.OffersPushedRequests = isPushed;
        world.Provider.WantsAccessTypeOffline = true;

        var alice = world.NewBrowser();
        await alice.OpenAsync("/bff/login?login_hint=alice&ui_locales=fr");

        var asked = world.Provider.Authorizations.ShouldHaveSingleItem();
        (asked["access_type"], asked["prompt"], asked["ui_locales"]).ShouldBe(("offline", "consent", "fr"));
        (await alice.GetAsync("/bff/session")).Json.GetProperty("renewal").GetString().ShouldBe("background");
    }

    [Fact]
    public async Task A_silent_sign_in_stays_silent()
    {
        await using var world = await World.StartAsync(
            ("Bff:Oidc:AuthorizationParameters:prompt", "consent"), ("Bff:Oidc:AuthorizationParameters:acr_values", "urn:strong"));
        var alice = await world.LogInAsync();

        await alice.OpenAsync("/bff/silent-login");

        var asked = world.Provider.Authorizations.Last();
        (asked["prompt"], asked["acr_values"]).ShouldBe(("none", "urn:strong"));
    }

    [Fact]
    public async Task A_link_cannot_ask_for_a_weaker_sign_in_than_is_configured()
    {
        await using var world = await World.StartAsync(
            ("Bff:Oidc:AuthorizationParameters:max_age", "600"), ("Bff:Oidc:AuthorizationParameters:acr_values", "urn:strong"));
        await world.NewBrowser().OpenAsync("/bff/login?max_age=999999&acr_values=urn:weak");
        var asked = world.Provider.Authorizations.Last();
        (asked["max_age"], asked["acr_values"]).ShouldBe(("600", "urn:strong"));
    }

    [Fact]
    [Trait("Standard", "RP-25")]
    public async Task A_configured_max_age_is_checked()
    {
        await using var world = await World.StartAsync(("Bff:Oidc:AuthorizationParameters:max_age", "600"));
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice");
        (await alice.StepAsync(callback)).Location!.Query.ShouldBe("?error=unmet_authentication_requirements");   // no auth_time

        world.Provider.Strength = new();
        await world.LogInAsync();
    }

    [Fact]
    [Trait("Standard", "RFC8707-2")]
    public async Task A_code_and_a_refresh_say_whom_the_token_is_for()
    {
        await using var world = await World.StartAsync(
            ("Bff:Oidc:TokenParameters:resource", "https://orders.example"), ("Bff:Oidc:Audience", "https://orders.example"),
            ("Bff:Oidc:AudienceParameter", "resource"));
        world.Provider.Target = new("resource", "https://orders.example") { AlsoAtAuthorize = true };
        var alice = await world.LogInAsync();
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);

        world.Provider.Grant.AccessToken!.Audiences.ShouldBe(["https://orders.example"]);
        world.Provider.TokenCalls.Select(call => call["resource"]).ShouldBe(["https://orders.example", "https://orders.example"]);
    }

    [Fact]
    public async Task What_is_ours_is_refused_at_the_start_by_name()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Oidc:AuthorizationParameters:redirect_uri"] = "https://elsewhere.example";
        world.Settings["Bff:Oidc:TokenParameters:grant_type"] = "password";

        var process = world.Start();

        (await process.ExitCodeAsync()).ShouldBe(78);
        process.Errors.ShouldContain("- Bff:Oidc:AuthorizationParameters:redirect_uri: is set by Bff alone.");
        process.Errors.ShouldContain("- Bff:Oidc:TokenParameters:grant_type: is set by Bff alone.");
    }
}
