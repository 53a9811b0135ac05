using System.Net;

namespace Bff.HostTests.Login;

[Trait("Standard", "RP-authorization-request")]
public sealed class LoginParametersTests
{
    [Fact]
    public async Task What_a_page_asks_for_reaches_the_provider_and_nothing_else_does()
    {
        await using var world = await World.StartAsync();
        await world.NewBrowser().OpenAsync("/bff/login?returnUrl=/page");
        var bare = world.Provider.Authorizations.Single().Keys;

        await world.NewBrowser().OpenAsync(
            "/bff/login?returnUrl=/page&prompt=create&login_hint=bob%40example.com&screen_hint=signup&organization=org_1&ui_locales=de-AT%20de&acr_values=urn%3Amfa&iss=https%3A%2F%2Fx");

        var asked = world.Provider.Authorizations.Last();
        (asked["prompt"], asked["login_hint"], asked["screen_hint"], asked["organization"], asked["ui_locales"], asked["acr_values"])
            .ShouldBe(("create", "bob@example.com", "signup", "org_1", "de-AT de", "urn:mfa"));
        asked.Keys.Except(bare).ShouldBe(["prompt", "login_hint", "screen_hint", "organization", "ui_locales", "acr_values"], ignoreOrder: true);
        await world.NewBrowser().OpenAsync("/bff/login?prompt=&login_hint=");
        world.Provider.Authorizations.Last().Keys.ShouldBe(bare, ignoreOrder: true);
    }

    [Theory]
    [InlineData("redirect_uri=https://evil.example", "parameter_not_allowed", "redirect_uri")]
    [InlineData("state=mine", "parameter_not_allowed", "state")]
    [InlineData("Prompt=login", "parameter_not_allowed", "Prompt")]
    [InlineData("connection=google", "parameter_not_allowed", "connection")]
    [InlineData("scope=openid%20admin", "parameter_not_allowed", "scope")]
    [InlineData("max_age=-1", "invalid_parameter", "max_age")]
    [InlineData("max_age=1e3", "invalid_parameter", "max_age")]
    [InlineData("max_age=99999999999", "invalid_parameter", "max_age")]
    [InlineData("ui_locales=de%0Aen", "invalid_parameter", "ui_locales")]
    [InlineData("screen_hint=a&screen_hint=b", "invalid_parameter", "screen_hint")]
    public async Task Whatever_else_is_asked_for_is_refused_by_name_before_the_provider_is_involved(string query, string code, string named)
    {
        await using var world = await World.StartAsync();
        var answer = await world.NewBrowser().StepAsync("/bff/login?" + query, accept: "*/*");
        answer.ShouldBeProblem(400, code);
        answer.Text("title").ShouldNotBeNull().ShouldContain($"'{named}'");
        world.Provider.Authorizations.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_operator_says_what_a_page_may_ask_for()
    {
        await using var world = await World.StartAsync(("Bff:Oidc:AllowedLoginParameters:0", "connection"), ("Bff:Oidc:AllowedLoginParameters:1", "login_hint"));
        await world.NewBrowser().OpenAsync("/bff/login?connection=google&login_hint=bob");
        world.Provider.Authorizations.Single()["connection"].ShouldBe("google");
        (await world.NewBrowser().StepAsync("/bff/login?prompt=login", accept: "*/*")).Text("detail").ShouldBe("Bff:Oidc:AllowedLoginParameters allows connection, login_hint.");

        await world.RestartBffAsync(("Bff:Oidc:AllowedLoginParameters:0", ""), ("Bff:Oidc:AllowedLoginParameters:1", null));
        (await world.NewBrowser().StepAsync("/bff/login?login_hint=bob", accept: "*/*")).ShouldBeProblem(400, "parameter_not_allowed");
        (await world.NewBrowser().OpenAsync("/bff/login")).Status.ShouldBe(HttpStatusCode.Found);
    }

    [Theory]
    [InlineData("redirect_uri", "Bff:Oidc:AllowedLoginParameters:0: 'redirect_uri' is set by Bff alone.")]
    [InlineData("Scope", "Bff:Oidc:AllowedLoginParameters:0: 'Scope' is set by Bff alone.")]
    [InlineData("ui locales", "Bff:Oidc:AllowedLoginParameters:0: is not the name of a parameter.")]
    public async Task What_makes_the_request_ours_cannot_be_given_away(string name, string complaint)
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Oidc:AllowedLoginParameters:0"] = name;
        (await world.RunAsync("check")).Output.ShouldContain(complaint);
    }

    /// <summary>The provider's clock may be two minutes from ours (<c>Bff:Oidc:ClockTolerance</c>).</summary>
    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(0, -119, true)]
    [InlineData(0, -125, false)]
    [InlineData(300, -300, true)]
    [InlineData(300, -425, false)]
    [InlineData(300, null, false)]
    [InlineData(null, -90_000, true)]
    [InlineData(null, null, true)]
    [Trait("Standard", "RP-id-token")]
    public async Task A_page_that_says_how_long_ago_the_user_may_have_signed_in_gets_no_older_sign_in(int? maxAge, int? signedInAgo, bool accepted)
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        world.Provider.ShapeIdToken = claims =>
        {
            if (signedInAgo is { } ago) { claims["auth_time"] = world.Clock.Now.AddSeconds(ago).ToUnixTimeSeconds(); }
        };

        var end = await alice.StepAsync(await alice.GoToCallbackAsync("/bff/login?returnUrl=/page" + (maxAge is null ? "" : "&max_age=" + maxAge)));

        if (maxAge is { } asked) { world.Provider.Authorizations.Single()["max_age"].ShouldBe($"{asked}"); }
        if (accepted) { end.Location!.AbsolutePath.ShouldBe("/page"); }
        else
        {
            end.Status.ShouldBe(HttpStatusCode.BadRequest);
            end.ShouldSay("sign_in_failed");
        }

        (alice.Session is not null).ShouldBe(accepted);
        world.Sessions.ShouldBe(accepted ? 1 : 0);
        var why = signedInAgo is null ? "no auth_time" : "older than max_age";
        world.Bff.Logs.Lines.Any(line => line.Contains(why, StringComparison.Ordinal)).ShouldBe(!accepted);
    }

    [Fact]
    public async Task A_user_who_takes_minutes_at_the_provider_has_not_signed_in_too_long_ago()
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        world.Provider.ShapeIdToken = claims => claims["auth_time"] = world.Clock.Now.AddMinutes(-9).ToUnixTimeSeconds();
        var callback = await alice.GoToCallbackAsync("/bff/login?max_age=0");
        world.Clock.Advance(TimeSpan.FromMinutes(9));
        await alice.OpenAsync(callback);
        alice.Session.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("/orders?view=all#row-17")]
    [InlineData("/#/orders/17?view=all")]
    [InlineData("http://localhost:5000/orders#/a/b?c=d&e=f")]
    public async Task A_page_comes_back_with_its_fragment(string page)
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        var login = "/bff/login?returnUrl=" + Uri.EscapeDataString(page);
        (await alice.StepAsync(await alice.GoToCallbackAsync(login))).Header("Location").ShouldBe(page);
        alice.Session.ShouldNotBeNull();

        world.Provider.AuthorizeError = "access_denied";
        var refused = (await alice.StepAsync(await alice.GoToCallbackAsync(login))).Location!;
        refused.Fragment.ShouldBe(new Uri(world.Bff.Address, page).Fragment);
        refused.Query.ShouldContain("error=access_denied");
    }
}
