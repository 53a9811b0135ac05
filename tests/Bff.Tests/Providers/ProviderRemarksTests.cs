using Bff.Providers;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Tests.Providers;

public sealed class ProviderRemarksTests
{
    [Theory]
    [InlineData("http://keycloak:8080/auth", "https://app.example.com", true)]
    [InlineData("http://keycloak:8080/auth", null, true)]
    [InlineData("http://keycloak:8080/auth", "http://portal", false)]   // a network where such names are known
    [InlineData("http://localhost:5001/connect/authorize", "https://app.example.com", true)]
    [InlineData("http://[::1]:5001/connect/authorize", "https://app.example.com", true)]
    [InlineData("http://localhost:5001/connect/authorize", "http://localhost:3001", false)]
    [InlineData("http://localhost:5001/connect/authorize", null, false)]
    [InlineData("https://10.1.2.3/authorize", "https://app.example.com", false)]
    [InlineData("https://[fd00::1]/authorize", "https://app.example.com", false)]
    [InlineData("https://login.internal/authorize", "https://app.example.com", false)]
    public void A_sign_in_page_must_be_where_browsers_can_go(string endpoint, string? publicUrl, bool remarked) =>
        (ProviderRemarks.OutOfReach(new OpenIdConnectConfiguration { AuthorizationEndpoint = endpoint }, "Bff:Oidc", publicUrl) is not null).ShouldBe(remarked);

    [Theory]
    [InlineData("http://login.example.com", "Production", true)]
    [InlineData("http://10.1.2.3:8080", "Staging", true)]
    [InlineData("http://login.example.com", "Development", false)]
    [InlineData("http://localhost:5001", "Production", false)]
    [InlineData("https://login.example.com", "Production", false)]
    public void A_provider_over_plain_http_is_remarked_outside_Development(string authority, string environment, bool remarked) =>
        (ProviderRemarks.ClearText(new OidcOptions { Authority = authority, RequireHttps = false }, "Bff:Oidc",
            new TestEnvironment { EnvironmentName = environment }) is not null).ShouldBe(remarked);
}
