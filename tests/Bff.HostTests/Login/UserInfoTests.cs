using System.Net;

namespace Bff.HostTests.Login;

/// <summary>What an ID token leaves out is asked at the userinfo endpoint.</summary>
public sealed class UserInfoTests
{
    [Theory]
    [InlineData("WhenNeeded", false, 1, "Name of alice")]
    [InlineData("WhenNeeded", true, 0, "Name of alice")]
    [InlineData("Always", true, 1, "Name of alice")]
    [InlineData("Never", false, 0, "alice")]
    public async Task The_endpoint_is_asked_when_the_setting_says_so(string setting, bool isNameInIdToken, int calls, string name)
    {
        await using var world = await StartAsync(new() { NameInIdTokenToo = isNameInIdToken }, setting);
        var alice = await world.LogInAsync();
        world.Provider.UserInfoCalls.Count.ShouldBe(calls);
        (await alice.GetAsync("/bff/session")).Text("name").ShouldBe(name);
        world.Provider.UserInfoCalls.ShouldAllBe(token => token == world.Provider.Grant.AccessToken!.Value);
    }

    [Fact]
    public async Task A_provider_without_the_endpoint_is_not_asked_and_signs_in()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeIdToken = claims => claims.Remove("name");
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/bff/session")).Text("name").ShouldBe("alice");
    }

    [Theory]
    [InlineData("WhenNeeded")]
    [InlineData("Always")]
    [Trait("Standard", "RP-11")]
    public async Task A_response_about_somebody_else_ends_the_sign_in(string setting)
    {
        await using var world = await StartAsync(new() { SubjectInstead = "bob" }, setting);
        (await world.NewBrowser().OpenAsync("/bff/login")).ShouldSay("sign_in_failed");
        world.Sessions.ShouldBe(0);
        ShouldLog(world, "The userinfo response is about another user than the ID token.");
        await world.SeesRevocationAsync();
    }

    [Theory]
    [InlineData("replayed")]
    [InlineData(null)]
    [Trait("Standard", "SEC-4")]
    [Trait("Standard", "RP-9")]
    public async Task With_a_wrong_nonce_no_token_is_used_and_the_refresh_token_is_revoked(string? nonce)
    {
        await using var world = await StartAsync(new(), "Always");
        world.Provider.ShapeIdToken = claims =>
        {
            claims.Remove("nonce");
            if (nonce is not null) { claims["nonce"] = nonce; }
        };

        (await world.NewBrowser().OpenAsync("/bff/login")).ShouldSay("sign_in_failed");

        world.Provider.UserInfoCalls.ShouldBeEmpty();
        world.Api.Calls.ShouldBeEmpty();
        await world.SeesRevocationAsync();
    }

    [Theory]
    [InlineData("WhenNeeded", 503, null)]
    [InlineData("Always", 503, "provider_unavailable")]
    [InlineData("WhenNeeded", 401, null)]
    [InlineData("Always", 401, "sign_in_failed")]
    public async Task An_endpoint_that_does_not_serve_ends_only_a_sign_in_that_depends_on_it(string setting, int status, string? code)
    {
        await using var world = await StartAsync(new(), setting);
        world.Provider.Faults.AnswerWith("/userinfo", status, "", "text/plain");
        var alice = world.NewBrowser();
        var end = await alice.OpenAsync("/bff/login?login_hint=alice");
        if (code is not null)
        {
            end.ShouldSay(code);
            world.Sessions.ShouldBe(0);
            return;
        }

        (await alice.GetAsync("/bff/session")).Text("name").ShouldBe("alice");
        ShouldLog(world, "A sign-in goes on without userinfo.");
    }

    [Theory]
    [InlineData("WhenNeeded", true)]
    [InlineData("Always", false)]
    public async Task An_endpoint_that_hangs_holds_up_a_sign_in_no_longer_than_any_call(string setting, bool isSignedIn)
    {
        await using var world = await StartAsync(new(), setting, ("Bff:Renewal:TokenTimeout", "00:00:01"));
        world.Provider.Faults.Hang("/userinfo");
        var alice = world.NewBrowser();
        var end = await alice.OpenAsync("/bff/login?login_hint=alice");
        (alice.Session is not null).ShouldBe(isSignedIn, end.Body);
        ShouldLog(world, "The userinfo endpoint cannot be reached.");
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"name":"Nobody"}""")]
    [InlineData("""{"sub":5,"name":"Five"}""")]
    [InlineData("""{"sub":"bob","sub":"alice","name":"Both"}""")]
    [InlineData("<html>")]
    [InlineData("""{"sub":"alice","name":"\ud83d"}""")]
    [InlineData("""{"sub":"alice","name":"Alice","address":{"lines":["\udc00"]}}""")]
    [InlineData("""{"sub":"alice","name":"Alice","\ud83d":1}""")]
    public async Task An_answer_that_is_none_is_not_used(string body)
    {
        await using var world = await StartAsync(new(), "WhenNeeded");
        world.Provider.Faults.AnswerWith("/userinfo", 200, body, "application/json");
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/bff/session")).Text("name").ShouldBe("alice");
    }

    [Fact]
    public async Task The_log_names_the_types_of_claims_that_are_too_many()
    {
        await using var world = await StartAsync(
            new() { Shape = claims => claims["groups"] = Enumerable.Range(0, 600).Select(i => $"group-{i}").ToArray() }, "Always");
        var alice = await world.LogInAsync();
        (await ClaimsAsync(alice)).Count.ShouldBe(503);   // with three of our own
        ShouldLog(world, "too many or they are too long: groups. Have the provider send fewer, or list those to keep in Bff:Oidc:Claims.");
        world.Bff.Logs.Lines.ShouldNotContain(line => line.Contains("group-", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Standard", "RP-30")]
    public async Task A_signed_response_is_verified_with_the_providers_keys()
    {
        await using var world = await StartAsync(new() { IsSigned = true }, "Always");
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/bff/session")).Text("name").ShouldBe("Name of alice");

        world.Provider.UserInfo!.Shape = claims => claims["aud"] = "somebody-else";
        (await world.NewBrowser().OpenAsync("/bff/login")).ShouldSay("sign_in_failed");
        ShouldLog(world, "The userinfo response is for another audience.");

        world.Provider.UserInfo.Shape = claims => claims["iss"] = "https://evil.example";
        (await world.NewBrowser().OpenAsync("/bff/login")).ShouldSay("sign_in_failed");
        ShouldLog(world, "The userinfo response is of another issuer.");
    }

    [Fact]
    public async Task The_id_token_wins_and_nothing_of_the_protocol_comes_from_userinfo()
    {
        await using var world = await StartAsync(
            new() { Shape = claims => (claims["sid"], claims["auth_time"], claims["role"], claims["team"]) = ("evil", 1, "admin", "red") }, "Always");
        world.Provider.ShapeIdToken = claims => claims["role"] = "reader";
        var alice = await world.LogInAsync();
        var claims = await ClaimsAsync(alice);
        claims.ShouldContain("role=reader");
        claims.ShouldNotContain("role=admin");
        claims.ShouldContain("team=red");
        claims.ShouldNotContain("sid=evil");
        claims.ShouldNotContain(claim => claim.StartsWith("auth_time", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_came_from_userinfo_stays_at_a_renewal_which_does_not_ask_again()
    {
        await using var world = await StartAsync(new() { Shape = claims => claims["team"] = "red" }, "Always");
        world.Provider.ShapeIdToken = claims => claims["role"] = "admin";
        var alice = await world.LogInAsync();
        world.Provider.ShapeIdToken = _ => { };

        await alice.PostAsync("/bff/renew");
        await alice.PostAsync("/bff/renew");
        await world.AdvanceAsync(TimeSpan.FromSeconds(250));

        world.Provider.Refreshes.ShouldBeGreaterThan(1);
        world.Provider.UserInfoCalls.Count.ShouldBe(1);
        var claims = await ClaimsAsync(alice);
        claims.ShouldContain("team=red");
        claims.ShouldContain("name=Name of alice");
        claims.ShouldNotContain("role=admin");
    }

    [Fact]
    public async Task A_silent_sign_in_does_not_ask_again_either()
    {
        await using var world = await StartAsync(new() { Shape = claims => claims["team"] = "red" }, "Always");
        world.Provider.GivesRefreshTokens = false;
        var alice = await world.LogInAsync();
        (await alice.OpenAsync("/bff/silent-login")).Location!.Query.ShouldBe("?result=ok");
        world.Provider.UserInfoCalls.Count.ShouldBe(1);
        (await ClaimsAsync(alice)).ShouldContain("team=red");
    }

    [Fact]
    public async Task The_endpoint_must_be_there_where_every_sign_in_asks_it()
    {
        await using var world = await World.StartAsync(("Bff:Oidc:UserInfo", "Always"));
        (await world.NewBrowser().OpenAsync("/bff/login")).ShouldSay("sign_in_failed");
        ShouldLog(world, "The provider's metadata names no userinfo_endpoint.");
    }

    private static void ShouldLog(World world, string text) => world.Bff.Logs.Lines.ShouldContain(line => line.Contains(text, StringComparison.Ordinal));

    private static Task<World> StartAsync(UserInfoRule rule, string setting, params (string Key, string Value)[] more) => World.StartPreparedAsync(world =>
    {
        foreach (var (key, value) in more) { world.Set(key, value); }
        world.Provider.UserInfo = rule;
        world.Set("Bff:Oidc:UserInfo", setting);
    });

    private static async Task<List<string>> ClaimsAsync(Browser browser) =>
        [.. (await browser.GetAsync("/bff/user?slide=false")).Json.EnumerateArray()
            .Select(claim => $"{claim.GetProperty("type").GetString()}={claim.GetProperty("value").GetString()}")];
}
