using System.Net;

namespace Bff.HostTests.Login;

/// <summary>Providers that want to be asked to sign a user out in words of their own.</summary>
public sealed class SignOutShapeTests
{
    [Theory]
    [InlineData(SignOutStyle.Cognito, "/logout", "logout_uri")]
    [InlineData(SignOutStyle.Auth0, "/v2/logout", "returnTo")]
    [Trait("Standard", "WILD-9")]
    internal async Task A_provider_without_the_standard_is_asked_at_its_address_by_its_words(SignOutStyle style, string path, string parameter)
    {
        await using var world = await World.StartAsync(("Bff:Oidc:Logout:ReturnParameter", parameter), ("Bff:Oidc:Logout:Parameters:federated", ""));
        world.Provider.SignOut = style;
        await world.RestartBffAsync(("Bff:Oidc:Logout:Address", world.Provider.Address + path));
        var back = new Uri(world.Bff.Address, "/signout-callback-oidc").AbsoluteUri;
        world.Provider.RegisteredSignOutUris.Add(back);
        var alice = await world.LogInAsync();

        var end = await alice.OpenAsync(await LogoutUrlAsync(alice) + "&returnUrl=" + Uri.EscapeDataString("http://localhost:5000/bye"));

        var asked = world.Provider.SignOuts.Single();
        asked.Keys.ShouldBe(["client_id", parameter, "federated"], ignoreOrder: true);
        (asked["client_id"], asked[parameter], asked["federated"]).ShouldBe((PretendProvider.ClientId, back, ""));
        end.Location.ShouldBe(new Uri("http://localhost:5000/"), "nothing says where it was to lead");
        world.Sessions.ShouldBe(0);
    }

    [Fact]
    public async Task An_address_that_the_metadata_lack_is_asked_with_a_state_and_leads_back()
    {
        await using var world = await World.StartAsync();
        world.Provider.Unannounced.Add("end_session_endpoint");
        await world.RestartBffAsync(("Bff:Oidc:Logout:Address", world.Provider.Address + "/end-session"));
        var alice = await world.LogInAsync();
        (await alice.OpenAsync(await LogoutUrlAsync(alice) + "&returnUrl=http://localhost:5000/bye")).Location.ShouldBe(new Uri("http://localhost:5000/bye"));
    }

    [Theory]
    [InlineData("Always", 100, true, null)]
    [InlineData("Always", 3000, true, null)]
    [InlineData("Fit", 100, true, null)]
    [InlineData("Fit", 3000, false, "opaque-hint")]
    [InlineData("Never", 100, false, null)]
    [Trait("Standard", "OUT-1")]
    [Trait("Standard", "OUT-2")]
    public async Task The_ID_token_is_a_hint_as_long_as_the_address_stays_short(string hint, int length, bool sent, string? loginHint)
    {
        await using var world = await World.StartAsync(("Bff:Oidc:Logout:IdTokenHint", hint));
        world.Provider.ShapeIdToken = claims => (claims["padding"], claims["login_hint"]) = (new string('x', length), "opaque-hint");
        var alice = await world.LogInAsync();

        await alice.OpenAsync(await LogoutUrlAsync(alice));

        var asked = world.Provider.SignOuts.Single();
        asked.ContainsKey("id_token_hint").ShouldBe(sent);
        asked.GetValueOrDefault("logout_hint").ShouldBe(loginHint);
        asked["client_id"].ShouldBe(PretendProvider.ClientId);
        if (hint == "Fit") { alice.Received.ShouldAllBe(answer => answer.Location == null || answer.Location.AbsoluteUri.Length <= 2000); }
    }

    [Theory]
    [InlineData("Logout:IdTokenHint", "Sometimes", "Logout:IdTokenHint: '********' cannot be read as one of Never, Fit, Always.")]
    [InlineData("Logout:ReturnParameter", "back", "Logout:ReturnParameter: must be 'post_logout_redirect_uri', 'logout_uri' or 'returnTo'.")]
    [InlineData("Logout:Parameters:state", "x", "Logout:Parameters:state: 'state' is set by Bff alone.")]
    [InlineData("Logout:Address", "login.example.com", "Logout:Address: must be an absolute http(s) URL without fragment.")]
    [InlineData("Logout:Adress", "x", "Logout:Adress: is not a setting.")]
    [InlineData("Endpoints:token", "https://x", "Endpoints:token: is no endpoint that Bff uses. There are: authorization_endpoint, end_session_endpoint, ")]
    [InlineData("Endpoints:jwks_uri", "keys", "Endpoints:jwks_uri: must be an absolute http(s) URL without fragment.")]
    [InlineData("ResponseMode", "fragment", "ResponseMode: must be 'query', 'form_post', 'query.jwt', 'form_post.jwt' or 'jwt'.")]
    [InlineData("Preset", "Oktaa", "Preset: there is no preset of this name. There are: AdFs, Apple, Auth0, ")]
    public async Task A_setting_that_is_wrong_is_named(string key, string value, string mistake)
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Oidc:" + key] = value;
        var (exitCode, output) = await world.RunAsync("check");
        exitCode.ShouldBe(78);
        output.ShouldContain("Bff:Oidc:" + mistake);
    }

    [Fact]
    public async Task Where_the_authority_must_use_https_its_endpoints_must_too()
    {
        await using var world = await RealTimeWorld.StartAsync();
        (world.Settings["Bff:Oidc:Authority"], world.Settings["Bff:Oidc:RequireHttps"]) = ("https://login.example.com", "true");
        (world.Settings["Bff:Oidc:Logout:Address"], world.Settings["Bff:Oidc:Endpoints:token_endpoint"]) = ("http://a.example", "http://b.example");
        var output = (await world.RunAsync("check")).Output;
        output.ShouldContain("Bff:Oidc:Logout:Address: must use https wherever the authority must");
        output.ShouldContain("Bff:Oidc:Endpoints:token_endpoint: must use https wherever the authority must");
    }

    [Fact]
    public async Task The_old_word_for_the_hint_and_the_new_one_exclude_each_other()
    {
        await using var world = await RealTimeWorld.StartAsync();
        (world.Settings["Bff:Oidc:SendIdTokenHint"], world.Settings["Bff:Oidc:Logout:IdTokenHint"]) = ("true", "Fit");
        world.Settings["Bff:Oidc:Logout:Address"] = world.Provider.Address + "/logout";
        world.Settings["Bff:Oidc:Endpoints:end_session_endpoint"] = world.Provider.Address + "/logout";
        var output = (await world.RunAsync("check")).Output;
        output.ShouldContain("Bff:Oidc:SendIdTokenHint: is the old word for Logout:IdTokenHint=Always");
        output.ShouldContain("Bff:Oidc:Logout:Address: give either it or Endpoints:end_session_endpoint, not both.");
    }

    private static async Task<string> LogoutUrlAsync(Browser browser) => (await browser.GetAsync("/bff/session")).Text("logoutUrl")!;
}
