using System.Text.Json;

namespace Bff.HostTests.Login;

/// <summary>What of an ID token becomes a claim of the session.</summary>
public sealed class ClaimsTests
{
    [Fact]
    [Trait("Standard", "WILD-10")]
    public async Task Another_claims_source_and_its_access_token_reach_neither_browser_nor_store()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeIdToken = claims =>
        {
            claims["_claim_names"] = new { address = "src1" };
            claims["_claim_sources"] = new { src1 = new { endpoint = "https://claims.example", access_token = "ksj3n283dke" } };
        };
        var alice = await world.LogInAsync();

        var user = await alice.GetAsync("/bff/user");

        user.Body.ShouldNotContain("_claim_");
        user.Body.ShouldNotContain("ksj3n283dke");
        world.Ask("SELECT COUNT(*) FROM sessions WHERE claims LIKE '%ksj3n283dke%'").ShouldBe(0);
    }

    [Theory]
    [InlineData("9007199254740993")]
    [InlineData("123456789012345678901234567890")]
    [InlineData("1.10")]
    [InlineData("1E400")]
    [InlineData("-0.0")]
    public async Task A_number_keeps_its_text(string number)
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeIdToken = claims => claims["account"] = JsonDocument.Parse(number).RootElement;
        var alice = await world.LogInAsync();
        (await ClaimsAsync(alice, "account")).ShouldBe([number]);
    }

    [Fact]
    public async Task Null_is_no_claim()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeIdToken = claims => (claims["middle_name"], claims["groups"], claims["email"]) = (null, new object?[] { "a", null, "b" }, "");
        var alice = await world.LogInAsync();

        (await ClaimsAsync(alice, "middle_name")).ShouldBeEmpty();
        (await ClaimsAsync(alice, "groups")).ShouldBe(["a", "b"]);
        (await ClaimsAsync(alice, "email")).ShouldBe([""]);
    }

    [Fact]
    public async Task An_object_stays_JSON_and_each_entry_of_an_array_is_a_claim()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeIdToken = claims =>
        {
            claims["address"] = new { country = "DE", numbers = new[] { 1, 2 } };
            claims["flags"] = new object[] { true, 7, "x", new { a = 1 }, new[] { "nested" } };
        };
        var alice = await world.LogInAsync();

        (await ClaimsAsync(alice, "address")).ShouldBe(["""{"country":"DE","numbers":[1,2]}"""]);
        (await ClaimsAsync(alice, "flags")).ShouldBe(["true", "7", "x", """{"a":1}""", """["nested"]"""]);
    }

    [Fact]
    public async Task What_is_about_the_token_is_no_claim_about_the_user()
    {
        await using var world = await World.StartAsync();
        world.Provider.ShapeIdToken = claims => (claims["acr"], claims["auth_time"], claims["amr"]) = ("1", 1700000000, new[] { "pwd" });
        var alice = await world.LogInAsync();
        var types = (await alice.GetAsync("/bff/user")).Json.EnumerateArray().Select(claim => claim.GetProperty("type").GetString())
            .Order(StringComparer.Ordinal);
        types.ShouldBe(["amr", "auth_time", "bff:logout_url", "bff:session_expires_in", "bff:session_state", "name", "sid", "sub"]);
    }

    [Fact]
    public async Task Name_and_roles_are_taken_from_where_the_settings_say()
    {
        await using var world = await World.StartAsync(
            ("Bff:Oidc:NameClaim", "preferred_username"), ("Bff:Oidc:RoleClaim", "realm_access.roles"));
        world.Provider.ShapeIdToken = claims =>
        {
            (claims["preferred_username"], claims["realm_access"]) = ("alice@example.com", new { roles = new[] { "admin", "reader" } });
            claims["role"] = "somebody else's idea";
        };
        var alice = await world.LogInAsync();

        (await alice.GetAsync("/bff/session")).Text("name").ShouldBe("alice@example.com");
        (await ClaimsAsync(alice, "role")).ShouldBe(["admin", "reader"]);
        world.Ask("SELECT COUNT(*) FROM sessions WHERE name = 'alice@example.com'").ShouldBe(1);

        world.Provider.ShapeIdToken = claims => claims["realm_access"] = new { roles = Array.Empty<string>() };
        await alice.PostAsync("/bff/renew");
        (await ClaimsAsync(alice, "role")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Only_claims_that_are_listed_are_kept_and_shown()
    {
        await using var world = await World.StartAsync(("Bff:Oidc:Claims:0", "email"));
        world.Provider.ShapeIdToken = claims => (claims["email"], claims["phone_number"], claims["auth_time"]) = ("a@example.com", "1", 1700000000);
        var alice = await world.LogInAsync();
        string[] expected = ["auth_time", "bff:logout_url", "bff:session_expires_in", "bff:session_state", "email", "name", "sid", "sub"];
        (await TypesAsync(alice)).ShouldBe(expected);
        await alice.PostAsync("/bff/renew");
        (await TypesAsync(alice)).ShouldBe(expected);
        world.Ask("SELECT COUNT(*) FROM sessions WHERE claims LIKE '%phone_number%'").ShouldBe(0);
    }

    private static async Task<List<string?>> TypesAsync(Browser browser) =>
        [.. (await browser.GetAsync("/bff/user")).Json.EnumerateArray().Select(claim => claim.GetProperty("type").GetString()).Order(StringComparer.Ordinal)];

    private static async Task<List<string>> ClaimsAsync(Browser browser, string type) =>
        [.. (await browser.GetAsync("/bff/user")).Json.EnumerateArray().Where(claim => claim.GetProperty("type").GetString() == type)
            .Select(claim => claim.GetProperty("value").GetString()!)];
}
