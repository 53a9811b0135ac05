using System.Net;

namespace Bff.HostTests.Login;

public sealed class SignInTests
{
    [Fact]
    public async Task A_sign_in_ends_at_the_return_url_with_a_session()
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();

        var end = await alice.OpenAsync("/bff/login?login_hint=alice&returnUrl=" + Uri.EscapeDataString("http://localhost:5000/deep/page?x=1#part"));

        end.Location.ShouldBe(new Uri("http://localhost:5000/deep/page?x=1#part"));
        var session = await alice.GetAsync("/bff/session");
        session.Json.GetProperty("isLoggedIn").GetBoolean().ShouldBeTrue();
        session.Text("sub").ShouldBe("alice");
        session.Text("name").ShouldBe("Name of alice");
        session.Text("renewal").ShouldBe("background");
    }

    [Fact]
    public async Task Without_a_return_url_a_sign_in_ends_at_the_first_front_end()
    {
        await using var world = await World.StartAsync();
        (await world.NewBrowser().OpenAsync("/bff/login")).Location.ShouldBe(new Uri("http://localhost:5000/"));
    }

    [Fact]
    public async Task Nobody_signed_in_is_an_answer_of_the_session_endpoint_and_no_error()
    {
        await using var world = await World.StartAsync();
        var session = await world.NewBrowser().GetAsync("/bff/session");
        session.Status.ShouldBe(HttpStatusCode.OK);
        session.Json.GetProperty("isLoggedIn").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    [Trait("Standard", "BBA-1")]
    [Trait("Standard", "BBA-2")]
    public async Task The_code_is_redeemed_by_a_confidential_client_with_PKCE_S256()
    {
        await using var world = await World.StartAsync();
        await world.LogInAsync();

        var asked = world.Provider.Authorizations.ShouldHaveSingleItem();
        asked["response_type"].ShouldBe("code");
        asked["code_challenge_method"].ShouldBe("S256");
        asked["code_challenge"].Length.ShouldBe(43);
        asked.ShouldNotContainKey("client_secret");
        var redeemed = world.Provider.TokenCalls.ShouldHaveSingleItem();
        world.Provider.ClientCalls.ShouldHaveSingleItem().Authorization.ShouldStartWith("Basic ");
        redeemed.Keys.ShouldBe(["grant_type", "code", "redirect_uri", "code_verifier"], ignoreOrder: true);
        redeemed["code_verifier"].Length.ShouldBeGreaterThanOrEqualTo(43);
    }

    [Fact]
    [Trait("Standard", "BBA-1")]
    public async Task A_refresh_is_authenticated_like_the_redemption_of_the_code()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        await alice.PostAsync("/bff/renew");

        var call = world.Provider.TokenCalls.Last();
        call["grant_type"].ShouldBe("refresh_token");
        var (code, refresh) = (world.Provider.ClientCalls.First(), world.Provider.ClientCalls.Last());
        refresh.Authorization.ShouldNotBeNull().ShouldBe(code.Authorization);
    }

    [Fact]
    [Trait("Standard", "BBA-2")]
    public async Task Each_sign_in_has_a_state_a_nonce_and_a_challenge_of_its_own()
    {
        await using var world = await World.StartAsync();
        var alice = world.NewBrowser();
        await alice.GoToCallbackAsync("/bff/login");
        await alice.GoToCallbackAsync("/bff/login");

        foreach (var name in new[] { "state", "nonce", "code_challenge" })
        {
            var values = world.Provider.Authorizations.Select(asked => asked[name]).ToList();
            values.ShouldAllBe(value => value.Length >= 32);
            values.ShouldBeUnique();
        }
    }

    [Fact]
    public async Task The_scopes_are_those_of_the_configuration()
    {
        await using var world = await World.StartAsync(("Bff:Oidc:Scope", "openid profile read:messages"));
        await world.LogInAsync();
        world.Provider.Authorizations.Single()["scope"].ShouldBe("openid profile read:messages");
    }

    [Theory]
    [InlineData("audience")]
    [InlineData("resource")]
    public async Task The_audience_is_sent_under_the_name_this_provider_wants(string parameter)
    {
        await using var world = await World.StartAsync(("Bff:Oidc:Audience", "https://api.example"), ("Bff:Oidc:AudienceParameter", parameter));
        await world.LogInAsync();
        world.Provider.Authorizations.Single()[parameter].ShouldBe("https://api.example");
    }

    [Fact]
    public async Task Without_an_audience_none_is_sent()
    {
        await using var world = await World.StartAsync();
        await world.LogInAsync();
        world.Provider.Authorizations.Single().Keys.ShouldNotContain("audience");
        world.Provider.Authorizations.Single().Keys.ShouldNotContain("resource");
    }

    [Theory]
    [InlineData("none")]
    [InlineData("login")]
    [InlineData("consent")]
    [InlineData("select_account")]
    public async Task A_known_prompt_and_a_login_hint_reach_the_provider(string prompt)
    {
        await using var world = await World.StartAsync();
        await world.NewBrowser().OpenAsync($"/bff/login?prompt={prompt}&login_hint=bob%40example.com");
        world.Provider.Authorizations.Single()["prompt"].ShouldBe(prompt);
        world.Provider.Authorizations.Single()["login_hint"].ShouldBe("bob@example.com");
    }

    [Theory]
    [InlineData("anything")]
    [InlineData("login anything")]
    [InlineData("none login")]
    public async Task Any_other_prompt_is_refused(string prompt)
    {
        await using var world = await World.StartAsync();
        (await world.NewBrowser().StepAsync("/bff/login?prompt=" + Uri.EscapeDataString(prompt), accept: "*/*")).ShouldBeProblem(400, "invalid_prompt");
        world.Provider.Authorizations.ShouldBeEmpty();
    }

    [Fact]
    [Trait("Standard", "RP-20")]
    public async Task An_id_token_of_twenty_kilobytes_is_no_trouble()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeIdToken = claims => claims["groups"] = Enumerable.Range(0, 800).Select(number => $"group-number-{number:0000000000}").ToArray();
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_access_token_may_be_any_string()
    {
        await using var world = await World.StartAsync();
        world.Provider.OpaqueAccessTokens = true;
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Theory]
    [InlineData(null, 300)]
    [InlineData(0, 300)]
    [InlineData(-5, 300)]
    [InlineData("soon", 300)]
    [InlineData("120", 120)]
    [InlineData(1e15, 31536000)]
    [Trait("Standard", "RP-17")]
    public async Task Any_expires_in_gives_a_lifetime_that_is_known(object? expiresIn, int seconds)
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeTokenAnswer = answer =>
        {
            answer.Remove("expires_in");
            if (expiresIn is not null) { answer["expires_in"] = expiresIn; }
        };
        var alice = await world.LogInAsync();

        var session = await alice.GetAsync("/bff/session");
        session.Json.GetProperty("accessTokenExpiresAt").GetDateTimeOffset().ShouldBe(world.Clock.Now.AddSeconds(seconds), TimeSpan.FromSeconds(1));
        (await alice.GetAsync("/api/echo")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Standard", "WEB-2")]
    public async Task The_answer_that_sets_the_session_cookie_is_not_stored_anywhere()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var callback = alice.Received.Single(answer => answer.SetCookies.Any(line => line.StartsWith(Browser.SessionCookie + "=", StringComparison.Ordinal)));
        callback.Header("Cache-Control").ShouldNotBeNull().ShouldContain("no-store");
    }
}
