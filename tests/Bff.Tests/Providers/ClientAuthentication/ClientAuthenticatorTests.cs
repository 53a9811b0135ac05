using System.Text;
using Bff.Providers;
using Bff.Providers.ClientAuthentication;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using static Bff.Providers.ClientAuthenticationMethod;

namespace Bff.Tests.Providers.ClientAuthentication;

/// <summary>What a call says of our client, by each method.</summary>
public sealed class ClientAuthenticatorTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly OpenIdConnectConfiguration Metadata = new() { Issuer = "https://idp.example", TokenEndpoint = "https://idp.example/t" };

    private readonly FakeTimeProvider _clock = new(Now);

    [Fact]
    public void Id_and_secret_are_form_encoded_before_they_are_put_into_the_header()
    {
        var proof = Prove(new() { ClientId = "https://bff.example/ü", ClientSecret = "a b:c%+ß~", ClientAuthentication = ClientSecretBasic });

        proof.Fields.ShouldBeEmpty();
        proof.Header!.Scheme.ShouldBe("Basic");
        Encoding.ASCII.GetString(Convert.FromBase64String(proof.Header.Parameter!))
            .ShouldBe("https%3A%2F%2Fbff.example%2F%C3%BC:a+b%3Ac%25%2B%C3%9F~");
    }

    [Fact]
    public void Id_and_secret_are_put_into_the_body()
    {
        var proof = Prove(new() { ClientId = "bff", ClientSecret = "secret", ClientAuthentication = ClientSecretPost });

        proof.Header.ShouldBeNull();
        proof.Fields.ShouldBe(new Dictionary<string, string> { ["client_id"] = "bff", ["client_secret"] = "secret" }, ignoreOrder: true);
    }

    [Theory]
    [InlineData(TlsClientAuth)]
    [InlineData(None)]
    public void A_client_without_secret_and_key_says_its_id(object method) =>
        Prove(new() { ClientId = "bff", ClientAuthentication = (ClientAuthenticationMethod)method }).Fields
            .ShouldHaveSingleItem().ShouldBe(KeyValuePair.Create("client_id", "bff"));

    [Theory]
    [InlineData("RS256")]
    [InlineData("PS512")]
    [InlineData("ES256")]
    public async Task An_assertion_is_of_us_for_the_issuer_for_a_minute(string algorithm)
    {
        var pem = algorithm[0] == 'E' ? Keys.EcPem : Keys.RsaPem;
        var proof = Prove(new() { ClientId = "bff", ClientKey = pem, ClientKeyId = "key 1", ClientKeyAlgorithm = algorithm });

        proof.Fields.Keys.ShouldBe(["client_id", "client_assertion_type", "client_assertion"], ignoreOrder: true);
        proof.Fields["client_assertion_type"].ShouldBe("urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        var assertion = await ReadAsync(proof.Fields["client_assertion"], pem);
        (assertion.Alg, assertion.Kid, assertion.Issuer, assertion.Subject).ShouldBe((algorithm, "key 1", "bff", "bff"));
        assertion.Audiences.ShouldBe(["https://idp.example"]);
        (assertion.IssuedAt, assertion.ValidTo).ShouldBe((Now.UtcDateTime, Now.UtcDateTime.AddSeconds(60)));
        assertion.Id.Length.ShouldBeGreaterThanOrEqualTo(22);
    }

    [Fact]
    public void Each_call_has_an_assertion_of_its_own()
    {
        var authenticator = Of(new() { ClientId = "bff", ClientKey = Keys.RsaPem });
        var ids = Enumerable.Range(0, 5).Select(_ => new JsonWebToken(authenticator.Prove(Metadata).Fields["client_assertion"]).Id);
        ids.Distinct().Count().ShouldBe(5);
    }

    [Fact]
    public async Task A_provider_that_insists_gets_an_assertion_for_its_token_endpoint()
    {
        var proof = Prove(new() { ClientId = "bff", ClientKey = Keys.EcPem, ClientAssertionAudience = AssertionAudience.TokenEndpoint });
        var assertion = await ReadAsync(proof.Fields["client_assertion"], Keys.EcPem);
        assertion.Audiences.ShouldBe(["https://idp.example/t"]);
        assertion.Kid.ShouldBeNullOrEmpty();
    }

    [Fact]
    public async Task Where_a_template_stands_for_the_issuer_an_assertion_is_for_the_token_endpoint()
    {
        var options = new OidcOptions { ClientId = "bff", ClientKey = Keys.EcPem, IssuerTemplate = "https://idp.example/{tenantid}", Tenants = ["*"] };
        var metadata = new OpenIdConnectConfiguration { Issuer = options.IssuerTemplate, TokenEndpoint = "https://idp.example/t" };
        var assertion = await ReadAsync(Of(options).Prove(metadata).Fields["client_assertion"], Keys.EcPem);
        assertion.Audiences.ShouldBe(["https://idp.example/t"]);
    }

    [Fact]
    public async Task A_JWK_says_itself_what_it_is_called()
    {
        var proof = Prove(new() { ClientId = "bff", ClientKey = Keys.Jwk(Keys.RsaPem, kid: "from-jwk", alg: "PS256") });
        var assertion = await ReadAsync(proof.Fields["client_assertion"], Keys.RsaPem);
        (assertion.Kid, assertion.Alg).ShouldBe(("from-jwk", "PS256"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_key_whose_certificate_stands_beside_it_says_the_thumbprint(bool certificateFirst)
    {
        var (certificate, key) = Keys.NewCertificate();
        var proof = Prove(new() { ClientId = "bff", ClientKey = certificateFirst ? certificate + "\n" + key : key + "\n" + certificate });
        var assertion = await ReadAsync(proof.Fields["client_assertion"], key);
        using var read = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(certificate);
        assertion.GetHeaderValue<string>("x5t#S256")
            .ShouldBe(Base64UrlEncoder.Encode(read.GetCertHash(System.Security.Cryptography.HashAlgorithmName.SHA256)));
    }

    [Fact]
    public async Task A_key_that_is_replaced_signs_the_next_call()
    {
        var options = FixedOptions.Of(new OidcOptions { ClientId = "bff", ClientKey = Keys.RsaPem });
        var authenticator = new ClientAuthenticator(new(ClientRegistration.DefaultName, options, null!), _clock);
        authenticator.Prove(Metadata);

        var next = Keys.NewRsa(2048);
        options.Change(new() { ClientId = "bff", ClientKey = next });

        await ReadAsync(authenticator.Prove(Metadata).Fields["client_assertion"], next);
    }

    [Fact]
    public async Task A_secret_made_of_the_key_is_what_Apple_asks_for()
    {
        var proof = Prove(new()
        {
            ClientId = "com.example.bff", ClientKey = Keys.EcPem, ClientKeyId = "KEY1234567", ClientAuthentication = ClientSecretPost,
            ClientSecretFromKey = new() { Issuer = "TEAM123456" },
        });

        proof.Fields.Keys.ShouldBe(["client_id", "client_secret"], ignoreOrder: true);
        var secret = await ReadAsync(proof.Fields["client_secret"], Keys.EcPem);
        (secret.Alg, secret.Kid, secret.Issuer, secret.Subject).ShouldBe(("ES256", "KEY1234567", "TEAM123456", "com.example.bff"));
        secret.Audiences.ShouldBe(["https://appleid.apple.com"]);
        (secret.IssuedAt, secret.ValidTo).ShouldBe((Now.UtcDateTime, Now.UtcDateTime.AddMinutes(5)));
    }

    [Fact]
    public async Task A_call_says_who_we_are_once_and_prints_nothing_of_it()
    {
        var proof = Prove(new() { ClientId = "bff", ClientSecret = "secret", ClientAuthentication = ClientSecretPost });
        using var request = proof.Post("https://idp.example/t", [new("client_id", "other"), new("client_assertion", "x"), new("code", "c")]);

        (await request.Content!.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split('&')
            .ShouldBe(["client_id=bff", "client_secret=secret", "code=c"], ignoreOrder: true);
        proof.ToString().ShouldNotContain("secret");
    }

    private ClientProof Prove(OidcOptions options) => Of(options).Prove(Metadata);

    private ClientAuthenticator Of(OidcOptions options) => new(new(ClientRegistration.DefaultName, FixedOptions.Of(options), null!), _clock);

    private static async Task<JsonWebToken> ReadAsync(string token, string pem)
    {
        var result = await new JsonWebTokenHandler().ValidateTokenAsync(token, new()
        {
            ValidateIssuer = false, ValidateAudience = false, ValidateLifetime = false, IssuerSigningKey = Keys.Public(pem), TryAllIssuerSigningKeys = true,
        });
        result.IsValid.ShouldBeTrue(result.Exception?.Message);
        return (JsonWebToken)result.SecurityToken;
    }
}
