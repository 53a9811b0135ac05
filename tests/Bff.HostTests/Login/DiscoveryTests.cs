using System.Net;

namespace Bff.HostTests.Login;

/// <summary>Metadata that are elsewhere, or do not say everything.</summary>
public sealed class DiscoveryTests
{
    [Fact]
    public async Task Metadata_elsewhere_on_their_origin_are_found()
    {
        await using var world = await World.StartAsync();
        world.Provider.MetadataRedirect = PretendProvider.MovedMetadata;
        await world.LogInAsync();
    }

    [Fact]
    [Trait("Standard", "RP-22")]
    public async Task A_redirect_to_another_origin_is_not_followed_and_its_aim_is_named()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var elsewhere = await world.Provider.ListenElsewhereAsync();
        world.Provider.MetadataRedirect = elsewhere + PretendProvider.MovedMetadata;

        var (exitCode, output) = await world.RunAsync("check");

        exitCode.ShouldBe(78, output);
        output.ShouldContain($"to another origin: {elsewhere}{PretendProvider.MovedMetadata}. If that is the provider's, set Bff:Oidc:MetadataAddress");
        world.Provider.Traffic.Count(PretendProvider.MovedMetadata).ShouldBe(0);
    }

    [Fact]
    public async Task A_redirect_in_a_circle_ends()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Provider.MetadataRedirect = "/.well-known/openid-configuration";
        (await world.RunAsync("check")).Output.ShouldContain("redirect more than 3 times");
    }

    [Fact]
    [Trait("Standard", "RP-21")]
    public async Task Endpoints_that_the_metadata_lack_or_have_wrong_are_the_operators_to_name()
    {
        await using var world = await World.StartAsync();
        foreach (var name in new[] { "jwks_uri", "revocation_endpoint", "end_session_endpoint" }) { world.Provider.Unannounced.Add(name); }
        world.Provider.ShapeMetadata = metadata => metadata["token_endpoint"] = "http://127.0.0.1:1/token";
        await world.RestartBffAsync(
            ("Bff:Oidc:Endpoints:jwks_uri", world.Provider.Address + "/jwks"), ("Bff:Oidc:Endpoints:token_endpoint", world.Provider.Address + "/token"),
            ("Bff:Oidc:Endpoints:revocation_endpoint", world.Provider.Address + "/revoke"),
            ("Bff:Oidc:Endpoints:end_session_endpoint", world.Provider.Address + "/end-session"));
        var alice = await world.LogInAsync();

        await alice.OpenAsync((await alice.GetAsync("/bff/session")).Text("logoutUrl")!);

        world.Provider.SignOuts.ShouldHaveSingleItem();
        await world.SeesRevocationAsync();
    }
}
