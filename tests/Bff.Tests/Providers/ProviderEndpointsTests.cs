using Bff.Providers;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Tests.Providers;

public sealed class ProviderEndpointsTests
{
    private const string Json =
        """
        {"token_endpoint":"https://idp/t","revocation_endpoint":"https://idp/r","userinfo_endpoint":"https://idp/u",
         "pushed_authorization_request_endpoint":"https://idp/p",
         "mtls_endpoint_aliases":{"token_endpoint":"https://mtls.idp/t","pushed_authorization_request_endpoint":"https://mtls.idp/p","userinfo_endpoint":7}}
        """;

    private static readonly OpenIdConnectConfiguration Metadata = OpenIdConnectConfiguration.Create(Json);

    [Fact]
    public void With_a_certificate_calls_go_to_the_aliases_there_are() =>
        Of(new() { ClientCertificate = "c" }).ShouldBe(["https://mtls.idp/t", "https://idp/r", "https://mtls.idp/p", "https://idp/u"]);

    [Fact]
    public void Without_a_certificate_no_alias_is_used() => Of(new()).ShouldBe(["https://idp/t", "https://idp/r", "https://idp/p", "https://idp/u"]);

    private static string?[] Of(OidcOptions options) =>
    [
        ProviderEndpoints.Token(Metadata, options), ProviderEndpoints.Revocation(Metadata, options), ProviderEndpoints.PushedAuthorization(Metadata, options),
        ProviderEndpoints.UserInfo(Metadata, options),
    ];
}
