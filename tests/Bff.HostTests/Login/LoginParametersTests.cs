using System.Net;

namespace Bff.HostTests.Login;

[Trait("Standard", "RP-24")]
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
    [InlineData("connection")]
    [InlineData("kc_idp_hint")]
    [InlineData("idp")]
    [InlineData("domain_hint")]
    public async Task What_providers_know_by_a_name_of_their_own_is_refused_rather_than_ignored_until_it_is_allowed(string name)
    {
        await using var world = await World.StartAsync();
        (await world.NewBrowser().StepAsync($"/bff/login?{name}=google", accept: "*/*")).ShouldBeProblem(400, "parameter_not_allowed");
    }

    [Theory]
    [InlineData("redirect_uri=https://evil.example", "parameter_not_allowed", "redirect_uri")]
    [InlineData("state=mine", "parameter_not_allowed", "state")]
    [InlineData("Prompt=login", "parameter_not_allowed", "Prompt")]
    [InlineData("claims=%7B%7D", "parameter_not_allowed", "claims")]
    [InlineData("scope=openid%20admin", "parameter_not_allowed", "scope")]
    [InlineData("max_age=-1", "invalid_parameter", "max_age")]
    [InlineData("max_age=1e3", "invalid_parameter", "max_age")]
    [InlineData("max_age=99999999999", "invalid_parameter", "max_age")]
    [InlineData("ui_locales=de%0Aen", "invalid_parameter", "ui_locales")]
    [InlineData("screen_hint=a&screen_hint=b", "invalid_parameter", "screen_hint")]
    public async Task What_a_page_may_not_ask_of_the_provider_is_refused_by_name_before_the_provider_is_involved(string query, string code, string named)
    {
        await using var world = await World.StartAsync();
        var answer = await world.NewBrowser().StepAsync("/bff/login?" + query, accept: "*/*");
        answer.ShouldBeProblem(400, code);
        answer.Text("title").ShouldNotBeNull().ShouldContain($"'{named}'");
        world.Provider.Authorizations.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("prompt=login%20consent", true)]
    [InlineData("prompt=login%20none", false)]
    [InlineData("prompt=login%20", false)]
    public async Task Several_prompts_may_be_asked_for_but_none_stands_by_itself(string query, bool accepted)
    {
        await using var world = await World.StartAsync();
        var answer = await world.NewBrowser().StepAsync("/bff/login?" + query, accept: "*/*");
        if (accepted) { answer.Status.ShouldBe(HttpStatusCode.Found); }
        else { answer.ShouldBeProblem(400, "invalid_prompt"); }
    }

    [Fact]
    public async Task What_is_no_parameter_of_an_authorization_request_is_ignored_so_that_old_links_go_on_working()
    {
        await using var world = await World.StartAsync();
        await world.NewBrowser().OpenAsync("/bff/login");
        var bare = world.Provider.Authorizations.Single().Keys;

        var old = world.NewBrowser();
        var end = await old.StepAsync(await old.GoToCallbackAsync("/bff/login?returnUrl=/orders?view=all&sort=asc&utm_source=mail&ref=google"));

        end.Location!.PathAndQuery.ShouldBe("/orders?view=all");
        world.Provider.Authorizations.Last().Keys.ShouldBe(bare, ignoreOrder: true);
    }

    [Fact]
    public async Task Outside_Development_a_refusal_does_not_list_what_is_configured()
    {
        await using var world = await World.StartAsync(("environment", "Production"), ("Bff:Oidc:AllowedLoginParameters:0", "connection"));
        (await world.NewBrowser().StepAsync("/bff/login?prompt=login", accept: "*/*")).Text("detail").ShouldBe("The operator decides what a page may ask for.");
    }

    [Fact]
    public async Task The_operator_says_what_a_page_may_ask_for()
    {
        await using var world = await World.StartAsync(
            ("environment", "Development"), ("Bff:Oidc:AllowedLoginParameters:0", "connection"), ("Bff:Oidc:AllowedLoginParameters:1", "login_hint"));
        await world.NewBrowser().OpenAsync("/bff/login?connection=google&login_hint=bob");
        world.Provider.Authorizations.Single()["connection"].ShouldBe("google");
        (await world.NewBrowser().StepAsync("/bff/login?prompt=login", accept: "*/*")).Text("detail").ShouldBe(
            "Bff:Oidc:AllowedLoginParameters allows connection, login_hint.");

        await world.RestartBffAsync(("Bff:Oidc:AllowedLoginParameters:0", ""), ("Bff:Oidc:AllowedLoginParameters:1", null));
        (await world.NewBrowser().StepAsync("/bff/login?login_hint=bob", accept: "*/*")).ShouldBeProblem(400, "parameter_not_allowed");
        (await world.NewBrowser().OpenAsync("/bff/login")).Status.ShouldBe(HttpStatusCode.Found);
    }

    [Theory]
    [InlineData("domain_hint", "example.com")]
    [InlineData("prompt", "login consent")]
    [InlineData("prompt", "create")]
    public async Task What_is_allowed_reaches_the_provider_as_it_was_written(string name, string value)
    {
        await using var world = await World.StartAsync(("Bff:Oidc:AllowedLoginParameters:0", name));
        await world.NewBrowser().OpenAsync($"/bff/login?{name}={Uri.EscapeDataString(value)}");
        world.Provider.Authorizations.Single()[name].ShouldBe(value);
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
    [InlineData(0, 119, true)]
    [InlineData(0, 125, false)]
    [InlineData(300, -300, true)]
    [InlineData(300, -425, false)]
    [InlineData(300, null, false)]
    [InlineData(null, -90_000, true)]
    [InlineData(null, null, true)]
    [Trait("Standard", "RP-25")]
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
        else { end.Location!.PathAndQuery.ShouldBe("/page?error=unmet_authentication_requirements"); }

        (alice.Session is not null).ShouldBe(accepted);
        world.Sessions.ShouldBe(accepted ? 1 : 0);
        var why = signedInAgo switch { null => "no auth_time", > 0 => "in the future", _ => "older than max_age" };
        world.Bff.Logs.Lines.Any(line => line.Contains(why, StringComparison.Ordinal)).ShouldBe(!accepted);
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("-1")]
    [InlineData("soon")]
    [Trait("Standard", "RP-25")]
    public async Task What_is_no_time_is_no_sign_in_time(string authTime)
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        world.Provider.ShapeIdToken = claims => claims["auth_time"] = authTime;
        (await alice.StepAsync(await alice.GoToCallbackAsync("/bff/login?max_age=300"))).Location!.Query.ShouldBe("?error=unmet_authentication_requirements");
        alice.Session.ShouldBeNull();
    }

    /// <summary>The browser that comes back has lost the flow's cookies, or the store is away.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_sign_in_that_begins_anew_asks_for_all_that_it_asked_for_before(bool cookiesAreLost)
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        world.Provider.ShapeIdToken = claims => claims["auth_time"] = world.Clock.Now.ToUnixTimeSeconds();
        const string Asked = "max_age=0&prompt=login&acr_values=urn%3Amfa%20b&organization=org_1";
        var callback = await alice.GoToCallbackAsync($"/bff/login?returnUrl=/pay&{Asked}&login_hint=alice");
        if (cookiesAreLost) { ForgetFlows(alice); }
        else { world.Execute("ALTER TABLE sessions RENAME TO away"); }

        var answer = await alice.StepAsync(callback);

        answer.ShouldSay(cookiesAreLost ? "invalid_state" : "store_unavailable");
        answer.Body.ShouldContain($"href=\"/bff/login?returnUrl=%2Fpay&amp;{Asked.Replace("&", "&amp;", StringComparison.Ordinal)}\">Sign in again</a>");
    }

    [Fact]
    [Trait("Standard", "RP-25")]
    public async Task A_session_that_another_tab_began_does_not_say_how_long_ago_its_user_signed_in()
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        var callback = await alice.GoToCallbackAsync("/bff/login?login_hint=alice&max_age=0&returnUrl=/pay");
        await alice.OpenAsync("/bff/login?login_hint=alice");
        alice.Session.ShouldNotBeNull();
        ForgetFlows(alice);

        var answer = await alice.StepAsync(callback);

        answer.ShouldSay("invalid_state");
        answer.Body.ShouldContain("max_age=0");
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

    private static void ForgetFlows(Browser browser) =>
        browser.Cookies.Names().Where(name => name.Contains("bff-state", StringComparison.Ordinal)).ToList().ForEach(name => browser.Cookies.Remove(name));
}
