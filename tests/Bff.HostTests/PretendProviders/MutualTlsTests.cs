using System.Net;

namespace Bff.HostTests.PretendProviders;

/// <summary>The listener that asks for client certificates.</summary>
public sealed class MutualTlsTests
{
    private static readonly (string Name, string Value) Id = ("client_id", PretendProvider.ClientId);

    [Theory]
    [InlineData(true, "self_signed_tls_client_auth")]
    [InlineData(false, "tls_client_auth")]
    public async Task A_client_is_known_by_its_certificate_or_its_subject_and_gets_tokens_bound_to_it(bool byCertificate, string method)
    {
        await using var client = await ProviderClient.StartAsync();
        using var known = SelfSigned.Client("CN=known");
        using var stranger = SelfSigned.Client("CN=stranger");
        var listener = await client.Provider.OfferMutualTlsAsync();
        client.Provider.ClientRule = byCertificate ? ClientRule.SelfSignedCertificate(known.Certificate) : ClientRule.CertificateSubject("CN=known");
        var metadata = await client.MetadataAsync();
        metadata.GetProperty("token_endpoint_auth_methods_supported")[0].GetString().ShouldBe(method);
        var endpoint = metadata.GetProperty("mtls_endpoint_aliases").GetProperty("token_endpoint").GetString()!;
        endpoint.ShouldStartWith("https://");

        foreach (var over in new[] { client.HttpWith(stranger.Certificate, listener), client.HttpWith(null, listener) })
        {
            (await client.PostAsync(endpoint, over, null, [.. ProviderClient.Redemption("x"), Id])).Status.ShouldBe(HttpStatusCode.Unauthorized);
        }

        var plain = await client.PostAsync("/token", null, null, [.. ProviderClient.Redemption("x"), Id]);
        plain.Text("error").ShouldBe("invalid_client");
        var tokens = await client.PostAsync(
            endpoint, client.HttpWith(known.Certificate, listener), null, [.. ProviderClient.Redemption(await client.CodeAsync()), Id]);

        tokens.Status.ShouldBe(HttpStatusCode.OK, tokens.Body);
        var access = new Microsoft.IdentityModel.JsonWebTokens.JsonWebToken(tokens.Text("access_token"));
        access.GetPayloadValue<System.Text.Json.JsonElement>("cnf").GetProperty("x5t#S256").GetString().ShouldBe(known.Hash);
        client.Provider.FindAccessToken(tokens.Text("access_token")!)!.CertificateHash.ShouldBe(known.Hash);
        client.Provider.ClientCalls.Last().Certificate.ShouldBe(known.Hash);
    }

    [Fact]
    public async Task A_refresh_needs_the_same_certificate()
    {
        await using var client = await ProviderClient.StartAsync();
        using var first = SelfSigned.Client("CN=known");
        using var second = SelfSigned.Client("CN=known");
        var listener = await client.Provider.OfferMutualTlsAsync();
        client.Provider.ClientRule = ClientRule.CertificateSubject("CN=known");
        var (good, other) = (client.HttpWith(first.Certificate, listener), client.HttpWith(second.Certificate, listener));
        var tokens = await client.PostAsync(listener.Address + "/token", good, null, [.. ProviderClient.Redemption(await client.CodeAsync()), Id]);
        (string, string)[] refresh = [.. ProviderClient.Renewal(tokens.Text("refresh_token")!), Id];

        (await client.PostAsync(listener.Address + "/token", other, null, refresh)).Text("error").ShouldBe("invalid_grant");
        (await client.PostAsync(listener.Address + "/token", good, null, refresh)).Status.ShouldBe(HttpStatusCode.OK);
    }
}
