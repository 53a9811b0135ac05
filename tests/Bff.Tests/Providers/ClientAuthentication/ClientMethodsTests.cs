using Bff.Providers;
using Bff.Providers.ClientAuthentication;

namespace Bff.Tests.Providers.ClientAuthentication;

/// <summary>What <c>Auto</c> means.</summary>
public sealed class ClientMethodsTests
{
    private const string Basic = "client_secret_basic", Post = "client_secret_post", Jwt = "private_key_jwt", Tls = "tls_client_auth",
        SelfSigned = "self_signed_tls_client_auth";

    public static TheoryData<string, string[], string> Order => new()
    {
        { "secret", [], "ClientSecretBasic" },
        { "secret", [Basic], "ClientSecretBasic" },
        { "secret", [Post], "ClientSecretPost" },
        { "secret", [Post, Basic, Jwt, Tls], "ClientSecretBasic" },
        { "secret", [Jwt], "ClientSecretBasic" },
        { "secret key", [], "ClientSecretBasic" },
        { "secret key", [Post, Jwt], "PrivateKeyJwt" },
        { "secret key", [Post], "ClientSecretPost" },
        { "key", [], "PrivateKeyJwt" },
        { "key", [Basic], "PrivateKeyJwt" },
        { "key certificate", [Jwt, Tls], "PrivateKeyJwt" },
        { "secret key certificate", [Basic, Jwt], "PrivateKeyJwt" },
        { "secret certificate", [Basic, Tls], "ClientSecretBasic" },
        { "certificate", [], "TlsClientAuth" },
        { "certificate", [SelfSigned], "TlsClientAuth" },
        { "key secret-from-key", [Post, Jwt], "ClientSecretPost" },
    };

    [Theory]
    [MemberData(nameof(Order))]
    public void A_key_comes_before_a_certificate_a_certificate_before_no_secret_and_the_header_before_the_body(
        string configured, string[] announced, string expected)
    {
        var has = configured.Split(' ');
        var options = new OidcOptions
        {
            ClientSecret = has.Contains("secret") ? "secret" : null,
            ClientKey = has.Contains("key") ? "key" : null,
            ClientCertificate = has.Contains("certificate") ? "certificate" : null,
            ClientSecretFromKey = new() { Issuer = has.Contains("secret-from-key") ? "TEAM" : null },
        };
        ClientMethods.Choose(options, announced).ToString().ShouldBe(expected);
    }

    [Fact]
    public void A_method_of_the_configuration_is_used_whatever_the_provider_announces() =>
        ClientMethods.Choose(new() { ClientSecret = "secret", ClientAuthentication = ClientAuthenticationMethod.ClientSecretPost }, [Basic])
            .ShouldBe(ClientAuthenticationMethod.ClientSecretPost);
}
