using System.Net;

namespace Bff.HostTests.PretendProviders;

/// <summary>Metadata that are elsewhere, or leave something out.</summary>
public sealed class MetadataTests
{
    private const string WellKnown = "/.well-known/openid-configuration";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Metadata_can_have_moved_on_the_same_origin_and_to_another(bool toAnotherOrigin)
    {
        await using var client = await ProviderClient.StartAsync();
        var origin = toAnotherOrigin ? await client.Provider.ListenElsewhereAsync() : client.Provider.Address;
        client.Provider.MetadataRedirect = toAnotherOrigin ? origin + PretendProvider.MovedMetadata : PretendProvider.MovedMetadata;

        var answer = await client.GetAsync(WellKnown);

        answer.Status.ShouldBe(HttpStatusCode.MovedPermanently);
        answer.Location.ShouldBe(new Uri(origin + PretendProvider.MovedMetadata));
        (origin == client.Provider.Address).ShouldBe(!toAnotherOrigin);
        (await client.MetadataAsync(answer.Location!.AbsoluteUri)).GetProperty("issuer").GetString().ShouldBe(client.Provider.Issuer);
    }

    [Theory]
    [InlineData("revocation_endpoint", "/revoke")]
    [InlineData("end_session_endpoint", "/end-session?post_logout_redirect_uri=http://localhost:5000/")]
    [InlineData("userinfo_endpoint", "/userinfo")]
    public async Task An_endpoint_that_is_not_announced_is_there(string name, string path)
    {
        await using var client = await ProviderClient.StartAsync();
        client.Provider.UserInfo = new();
        (await client.MetadataAsync()).TryGetProperty(name, out _).ShouldBeTrue();

        client.Provider.Unannounced.Add(name);

        (await client.MetadataAsync()).TryGetProperty(name, out _).ShouldBeFalse();
        var answer = name == "revocation_endpoint" ? await client.PostAsync(path, ("token", "x")) : await client.GetAsync(path);
        answer.Status.ShouldNotBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_provider_without_rules_announces_what_it_always_did()
    {
        await using var client = await ProviderClient.StartAsync();

        (await client.MetadataAsync()).EnumerateObject().Select(property => property.Name).ShouldBe(
        [
            "issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "revocation_endpoint", "end_session_endpoint", "response_types_supported",
            "subject_types_supported", "id_token_signing_alg_values_supported", "code_challenge_methods_supported",
            "authorization_response_iss_parameter_supported",
        ], ignoreOrder: true);
    }
}
