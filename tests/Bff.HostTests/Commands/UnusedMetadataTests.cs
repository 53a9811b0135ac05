namespace Bff.HostTests.Commands;

/// <summary>What <c>bff check</c> says about what a provider announces.</summary>
public sealed class UnusedMetadataTests
{
    private const int Ok = 0, Mistake = 78;

    [Fact]
    public async Task What_the_provider_offers_and_Bff_does_not_use_is_explained_and_is_no_mistake()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Provider.ShapeMetadata = metadata =>
        {
            metadata["token_endpoint_auth_methods_supported"] = new[] { "client_secret_post", "private_key_jwt", "tls_client_auth" };
            metadata["response_modes_supported"] = new[] { "query", "query.jwt" };
            metadata["id_token_signing_alg_values_supported"] = new[] { "RS256", "HS256" };
            metadata["dpop_signing_alg_values_supported"] = new[] { "ES256" };
            metadata["backchannel_logout_supported"] = true;
            metadata["frontchannel_logout_supported"] = true;
            metadata["request_parameter_supported"] = true;
            metadata["id_token_encryption_alg_values_supported"] = new[] { "RSA-OAEP" };
            metadata.Remove("end_session_endpoint");
        };

        var (exitCode, output) = await world.RunAsync("check");

        exitCode.ShouldBe(Ok, output);
        output.ShouldContain("not used");
        foreach (var line in new[]
        {
            "client authentication private_key_jwt, tls_client_auth: ", "signed responses (JARM): announced; Bff:Oidc:ResponseMode",
            "signing algorithms HS256: ", "DPoP (RFC 9449): ",
            "/bff/backchannel is the client's back-channel logout URI", "front-channel logout: ", "request objects (RFC 9101): ", "encrypted ID tokens: ",
            "sign-out at the provider: no end_session_endpoint",
        })
        {
            output.ShouldContain(line);
        }

        output.ShouldNotContain("->");
    }

    [Fact]
    public async Task Back_channel_logout_that_is_off_is_among_what_is_not_used()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Oidc:BackChannelLogout"] = "false";
        world.Provider.ShapeMetadata = metadata => metadata["backchannel_logout_supported"] = true;

        var (exitCode, output) = await world.RunAsync("check");

        exitCode.ShouldBe(Ok, output);
        output.ShouldContain("back-channel logout: announced; Bff:Oidc:BackChannelLogout turns it on");
        output.ShouldNotContain("/bff/backchannel");
    }

    [Fact]
    public async Task A_provider_that_offers_nothing_more_needs_no_explanation()
    {
        await using var world = await RealTimeWorld.StartAsync();
        (await world.RunAsync("check")).Output.ShouldNotContain("not used");
    }

    [Theory]
    [InlineData("form_post", new[] { "query" }, Mistake)]
    [InlineData("query", new[] { "form_post" }, Mistake)]
    [InlineData("form_post.jwt", new[] { "query", "query.jwt" }, Mistake)]
    [InlineData("query.jwt", new[] { "query", "jwt" }, Ok)]
    [InlineData("form_post", new[] { "query", "form_post" }, Ok)]
    public async Task The_way_a_response_comes_back_has_to_be_announced(string mode, string[] announced, int expected)
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Oidc:ResponseMode"] = mode;
        world.Provider.ResponseModes = announced;
        var (exitCode, output) = await world.RunAsync("check");
        exitCode.ShouldBe(expected, output);
        if (expected == Mistake) { output.ShouldContain($"does not announce {mode} (response_modes_supported"); }
    }

    [Fact]
    public async Task Responses_that_the_provider_signs_in_a_way_Bff_does_not_accept_are_a_mistake()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Oidc:ResponseMode"] = "query.jwt";
        world.Provider.ShapeMetadata = metadata => metadata["authorization_signing_alg_values_supported"] = new[] { "HS256" };
        var (exitCode, output) = await world.RunAsync("check");
        exitCode.ShouldBe(Mistake, output);
        output.ShouldContain("Bff:Oidc:ResponseMode: the provider signs responses with HS256 only");
    }

    [Fact]
    public async Task An_acr_that_is_required_and_not_announced_is_remarked()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Oidc:RequireAcr"] = "true";
        world.Provider.ShapeMetadata = metadata => metadata["claims_supported"] = new[] { "sub", "name" };
        var (exitCode, output) = await world.RunAsync("check");
        exitCode.ShouldBe(Ok, output);
        output.ShouldContain("Bff:Oidc:RequireAcr: the provider does not announce the claim acr");
    }
}
