using System.Net;

namespace Bff.HostTests.Configuration;

/// <summary>Defaults of a provider by its name, beneath what the operator sets.</summary>
public sealed class PresetTests
{
    [Fact]
    public async Task A_preset_counts_where_nothing_is_set()
    {
        await using var world = await World.StartAsync(("Bff:Oidc:Preset", "keycloak"));
        var alice = await world.LogInAsync();
        world.Provider.Authorizations.Single()["scope"].ShouldBe("openid profile email");
        await alice.OpenAsync((await alice.GetAsync("/bff/session")).Text("logoutUrl")!);
        world.Provider.SignOuts.Single().ShouldContainKey("id_token_hint");

        await world.RestartBffAsync(("Bff:Oidc:Scope", "openid"));
        await world.LogInAsync();
        world.Provider.Authorizations.Last()["scope"].ShouldBe("openid");
    }

    [Fact]
    public async Task Each_provider_has_a_preset_of_its_own()
    {
        await using var world = await World.StartAsync();
        var second = await world.StartProviderAsync("client-of-the-second", "secret-of-the-second-4711");
        await world.RestartBffAsync(
            ("Bff:Providers:second:Authority", second.Issuer), ("Bff:Providers:second:ClientId", "client-of-the-second"),
            ("Bff:Providers:second:ClientSecret", "secret-of-the-second-4711"), ("Bff:Providers:second:RequireHttps", "false"),
            ("Bff:Providers:second:Preset", "Keycloak"), ("Bff:Spa:Provider", "default second"));
        await world.LogInAsync();
        await world.NewBrowser().OpenAsync("/bff/login?provider=second&login_hint=bob");
        world.Provider.Authorizations.ShouldHaveSingleItem()["scope"].ShouldBe("openid profile offline_access");
        second.Authorizations.ShouldHaveSingleItem()["scope"].ShouldBe("openid profile email");
    }

    [Fact]
    public async Task A_client_secret_that_was_made_elsewhere_is_enough_for_Apple()
    {
        await using var world = await World.StartAsync(("Bff:Oidc:Preset", "Apple"));
        var alice = world.NewBrowser();
        await alice.OpenAsync("/bff/login?login_hint=alice");
        world.Provider.Authorizations.Single()["response_mode"].ShouldBe("form_post");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task Zitadels_roles_are_the_names_in_an_object_at_a_renewal_too()
    {
        await using var world = await World.StartAsync(("Bff:Oidc:Preset", "Zitadel"));
        world.Provider.ShapeIdToken = claims => claims["urn:zitadel:iam:org:project:roles"] =
            new Dictionary<string, object> { ["admin"] = new Dictionary<string, object> { ["17"] = "acme.example" } };
        var alice = await world.LogInAsync();
        (await RolesAsync(alice)).ShouldBe(["admin"]);

        world.Provider.ShapeIdToken = claims => claims["urn:zitadel:iam:org:project:roles"] =
            new Dictionary<string, object> { ["sales"] = new Dictionary<string, object> { ["17"] = "acme.example" } };
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        (await RolesAsync(alice)).ShouldBe(["sales"]);

        static async Task<IEnumerable<string?>> RolesAsync(Browser browser) => (await browser.GetAsync("/bff/user")).Json.EnumerateArray()
            .Where(claim => claim.GetProperty("type").GetString() == "role").Select(claim => claim.GetProperty("value").GetString());
    }

    [Fact]
    public async Task The_config_command_says_what_comes_from_the_preset()
    {
        await using var world = await RealTimeWorld.StartAsync();
        (world.Settings["Bff:Oidc:Preset"], world.Settings["Bff:Oidc:Logout:ReturnParameter"]) = ("Keycloak", "returnTo");

        var (exitCode, output) = await world.RunAsync("config");

        exitCode.ShouldBe(0, output);
        output.ShouldContain("Bff:Oidc:Scope = openid profile email (preset Keycloak)");
        output.ShouldContain("Bff:Oidc:Logout:IdTokenHint = Fit (preset Keycloak)");
        output.ShouldContain("Bff:Oidc:Logout:ReturnParameter = returnTo (environment)");
        output.ShouldContain("Bff:Oidc:ResponseMode = query (default)");
        (await world.RunAsync("check")).Output.ShouldContain("openid profile email (without offline_access, as preset Keycloak has it)");
    }

    [Fact]
    public async Task Another_preset_waits_for_a_restart_with_all_its_lines()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Oidc:Preset"] = "Keycloak";
        var file = new SettingsFile(world);
        await world.StartListeningAsync();

        file.Edit(("Bff:Oidc:Preset", "Duende"), ("Bff:Oidc:RequireAcr", "true"));

        await Eventually.HappensAsync(() => world.Bff.Output.Contains("A restart is needed for changes to: ", StringComparison.Ordinal));
        world.Bff.Output.ShouldContain(
            "A restart is needed for changes to: Bff:Oidc:ApiTokens, Bff:Oidc:AudienceParameter, Bff:Oidc:Preset, Bff:Oidc:Scope. "
            + "Until then the old values stay.");
        await Eventually.HappensAsync(() => world.Bff.Output.Contains("Changed: Bff:Oidc:RequireAcr.", StringComparison.Ordinal));

        file.Edit(("Bff:Oidc:Preset", null), ("Bff:Oidc:RequireAcr", null));
        await Eventually.HappensAsync(
            () => world.Bff.Output.Contains(
                "changes to: Bff:Oidc:ApiTokens, Bff:Oidc:Logout:IdTokenHint, Bff:Oidc:Preset, Bff:Oidc:Scope.", StringComparison.Ordinal));
        using var alice = await world.LogInAsync();
        await alice.OpenAsync((await alice.GetAsync("/bff/session")).Text("logoutUrl")!);
        world.Provider.SignOuts.Single().ShouldContainKey("id_token_hint");
    }
}
