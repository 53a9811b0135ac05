namespace Bff.HostTests.Commands;

/// <summary>What <c>bff check</c> says of the way our client authenticates.</summary>
public sealed class ClientCheckTests
{
    [Fact]
    public async Task Proves_a_key_with_one_call_and_shows_nothing_of_it()
    {
        using var key = TokenKey.Create("ES256");
        await using var world = await RealTimeWorld.StartAsync();
        var rule = ClientRule.PrivateKeyJwt(key.PublicJwk, "ES256", key.Kid);
        world.Provider.ClientRule = rule;
        world.Settings.Remove("Bff:Oidc:ClientSecret");
        world.Settings["Bff:Oidc:ClientKey"] = key.PrivateJwk;

        var (exitCode, output) = await world.RunAsync("check");

        exitCode.ShouldBe(0, output);
        output.ShouldContain("private_key_jwt");
        rule.Taken.ShouldHaveSingleItem();
        output.ShouldNotContain("eyJ");

        using var other = TokenKey.Create("ES256", key.Kid);
        world.Settings["Bff:Oidc:ClientKey"] = other.PrivateJwk;
        (exitCode, output) = await world.RunAsync("check");
        exitCode.ShouldBe(78, output);
        output.ShouldContain("Bff:Oidc:ClientKey: the provider does not accept it");
    }

    [Fact]
    public async Task Finds_out_that_a_client_is_registered_for_the_other_way_of_a_secret()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Provider.ClientRule = ClientRule.SecretPost;
        world.Provider.Unannounced.Add("token_endpoint_auth_methods_supported");

        var (exitCode, output) = await world.RunAsync("check");

        exitCode.ShouldBe(78, output);
        output.ShouldContain("Bff:Oidc:ClientAuthentication");
        output.ShouldContain("Set it to ClientSecretPost");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Standard", "RFC9449-8")]
    public async Task Sends_a_proof_where_tokens_are_bound_to_keys(bool isPushed)
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Provider.Proofs = new(TimeProvider.System);
        world.Provider.Proofs.Checker.Nonce = "a-nonce-of-the-provider";
        world.Provider.OffersPushedRequests = isPushed;
        world.Settings["Bff:Oidc:TokenType"] = "DPoP";

        var (exitCode, output) = await world.RunAsync("check");

        exitCode.ShouldBe(0, output);
        output.ShouldNotContain("DPoP");
        world.Provider.Refusals.Select(refusal => refusal.Error).Distinct().ShouldBe(["use_dpop_nonce", "invalid_grant", "invalid_client"], ignoreOrder: true);
    }

    [Fact]
    [Trait("Standard", "RFC9449-8")]
    public async Task Says_which_end_does_not_know_bound_tokens()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Oidc:TokenType"] = "DPoP";
        var (exitCode, output) = await world.RunAsync("check");
        exitCode.ShouldBe(0, output);
        output.ReplaceLineEndings(" ").ShouldContain("dpop_signing_alg_values_supported");

        world.Provider.ShapeMetadata = metadata => metadata["dpop_signing_alg_values_supported"] = new[] { "RS256", "PS256" };
        (await world.RunAsync("check")).Output.ReplaceLineEndings(" ").ShouldContain("does not announce it with ES256");

        world.Provider.ShapeMetadata = _ => { };
        world.Provider.Proofs = new(TimeProvider.System);
        world.Settings.Remove("Bff:Oidc:TokenType");
        (exitCode, output) = await world.RunAsync("check");
        exitCode.ShouldBe(78, output);
        output.ReplaceLineEndings(" ").ShouldContain("Bff:Oidc:TokenType: the provider requires a DPoP proof");
    }

    [Fact]
    public async Task Warns_of_a_public_client()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Provider.ClientRule = ClientRule.Public;
        world.Settings.Remove("Bff:Oidc:ClientSecret");
        world.Settings["Bff:Oidc:ClientAuthentication"] = "None";

        var (exitCode, output) = await world.RunAsync("check");

        exitCode.ShouldBe(0, output);
        output.ShouldContain("public client");
    }

    [Theory]
    [InlineData("Always", false, "names no pushed_authorization_request_endpoint")]
    [InlineData("Never", true, "requires pushed authorization requests")]
    public async Task Finds_a_contradiction_about_pushed_requests(string use, bool requires, string reason)
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Provider.RequiresPushedRequests = requires;
        world.Settings["Bff:Oidc:PushedAuthorization"] = use;

        var (exitCode, output) = await world.RunAsync("check");

        exitCode.ShouldBe(78, output);
        output.ReplaceLineEndings(" ").ShouldContain("Bff:Oidc:PushedAuthorization");
        System.Text.RegularExpressions.Regex.Replace(output, @"\s+", " ").ShouldContain(reason);
    }

    [Fact]
    public async Task Warns_that_the_provider_takes_no_pushed_requests_from_this_client()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Provider.RefusesPushedRequestsWith = 403;

        var (exitCode, output) = await world.RunAsync("check");

        exitCode.ShouldBe(0, output);
        output.ShouldContain("takes no pushed requests");
    }
}
