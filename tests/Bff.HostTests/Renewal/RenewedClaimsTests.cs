namespace Bff.HostTests.Renewal;

/// <summary>What the provider says of the user at a renewal counts here, too.</summary>
public sealed class RenewedClaimsTests
{
    [Fact]
    public async Task A_role_taken_away_at_the_provider_goes_away_with_the_next_renewal_and_a_new_one_comes()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeIdToken = claims => claims["role"] = new[] { "admin", "reader" };
        var alice = await world.LogInAsync();
        (await ClaimsAsync(alice, "role")).ShouldBe(["admin", "reader"]);

        world.Provider.ShapeIdToken = claims => claims["role"] = new[] { "reader", "writer" };
        await alice.PostAsync("/bff/renew");
        (await ClaimsAsync(alice, "role")).ShouldBe(["reader", "writer"]);

        world.Provider.ShapeIdToken = _ => { };
        await world.AdvanceAsync(TimeSpan.FromSeconds(250));
        (await ClaimsAsync(alice, "role")).ShouldBeEmpty();
        (await ClaimsAsync(alice, "sub")).ShouldBe(["alice"]);
    }

    [Fact]
    public async Task The_same_claims_come_with_a_renewal_as_with_a_sign_in()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        var before = await AllClaimsAsync(alice);
        world.Provider.ShapeIdToken = claims => claims["name"] = "Alice Newname";

        await alice.PostAsync("/bff/renew");

        (await AllClaimsAsync(alice)).Select(claim => claim.Type).ShouldBe(before.Select(claim => claim.Type));
        (await alice.GetAsync("/bff/session")).Text("name").ShouldBe("Alice Newname");
    }

    [Fact]
    public async Task A_claim_has_the_same_form_after_a_renewal_as_after_a_sign_in()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeIdToken = claims =>
        {
            (claims["middle_name"], claims["account"], claims["s_hash"], claims["ratio"]) = (null, 1L << 60, "hash", 1.5e300);
            claims["address"] = new { country = "DE", numbers = new[] { 1, 2 } };
            claims["groups"] = new object?[] { "a", null, true, 7, new { a = 1 } };
            claims["_claim_sources"] = new { src1 = new { endpoint = "https://claims.example", access_token = "ksj3n283dke" } };
        };
        var alice = await world.LogInAsync();
        var before = await AllClaimsAsync(alice);

        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(System.Net.HttpStatusCode.OK);

        (await AllClaimsAsync(alice)).Where(OfTheUser).ShouldBe(before.Where(OfTheUser));
        before.ShouldContain(("account", "1152921504606846976"));
        before.ShouldNotContain(claim => claim.Type == "s_hash" || claim.Type == "_claim_sources" || claim.Type == "middle_name");
    }

    [Fact]
    public async Task Who_the_user_is_stays_known_when_a_renewals_id_token_is_thin()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeIdToken = claims => claims["email"] = "alice@example.com";
        var alice = await world.LogInAsync();
        world.Provider.ShapeIdToken = claims => claims.Remove("name");

        await alice.PostAsync("/bff/renew");

        (await alice.GetAsync("/bff/session")).Text("name").ShouldBe("Name of alice");
        (await ClaimsAsync(alice, "email")).ShouldBe(["alice@example.com"]);
    }

    [Fact]
    public async Task A_renewal_without_an_id_token_changes_no_claim()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeIdToken = claims => claims["role"] = "admin";
        var alice = await world.LogInAsync();
        world.Provider.ShapeTokenAnswer = answer => answer.Remove("id_token");
        await alice.PostAsync("/bff/renew");
        (await ClaimsAsync(alice, "role")).ShouldBe(["admin"]);
    }

    [Fact]
    public async Task A_silent_sign_in_is_a_renewal_too()
    {
        await using var world = await World.StartAsync();
        world.Provider.GivesRefreshTokens = false;
        world.Provider.ShapeIdToken = claims => claims["role"] = "admin";
        var alice = await world.LogInAsync();
        world.Provider.ShapeIdToken = claims => claims["role"] = "reader";
        (await alice.OpenAsync("/bff/silent-login")).Location!.Query.ShouldBe("?result=ok");
        (await ClaimsAsync(alice, "role")).ShouldBe(["reader"]);
    }

    [Fact]
    public async Task Claims_stay_those_of_the_sign_in_where_that_is_wanted()
    {
        await using var world = await World.StartAsync(("Bff:Renewal:UpdateClaims", "false"));
        world.Provider.ShapeIdToken = claims => claims["role"] = "admin";
        var alice = await world.LogInAsync();
        world.Provider.ShapeIdToken = claims => claims["role"] = "reader";
        await alice.PostAsync("/bff/renew");
        (await ClaimsAsync(alice, "role")).ShouldBe(["admin"]);
    }

    private static bool OfTheUser((string? Type, string? Value) claim) => claim.Type?.StartsWith("bff:", StringComparison.Ordinal) == false;

    private static async Task<List<string?>> ClaimsAsync(Browser browser, string type) =>
        [.. (await AllClaimsAsync(browser)).Where(claim => claim.Type == type).Select(claim => claim.Value)];

    private static async Task<List<(string? Type, string? Value)>> AllClaimsAsync(Browser browser) =>
        [.. (await browser.GetAsync("/bff/user?slide=false")).Json.EnumerateArray()
            .Select(claim => (claim.GetProperty("type").GetString(), claim.GetProperty("value").GetString())).Order()];
}
