using Bff.Commands.Check;
using Bff.Providers;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Yarp.ReverseProxy.Configuration;

namespace Bff.Tests.Commands;

public class GrantChecksTests
{
    [Theory]
    [InlineData("User", "", "authorization_code refresh_token", false)]
    [InlineData("User", "Bff.Audience=orders", "authorization_code refresh_token", false)]
    [InlineData("Client", "", "authorization_code", true)]
    [InlineData("Client", "", "authorization_code client_credentials", false)]
    [InlineData("Client", "", "", false)]
    [InlineData("Client", "Bff.Provider=staff", "authorization_code", false)]
    [InlineData("Exchange", "Bff.Audience=orders", "authorization_code", true)]
    [InlineData("Exchange", "Bff.Audience=orders", "urn:ietf:params:oauth:grant-type:token-exchange", false)]
    [InlineData("User", "Bff.Audience=orders", "authorization_code", true, "Exchange")]
    [InlineData("Client", "", "client_credentials", true, "Refresh", "None")]
    public void What_a_route_needs_and_the_provider_does_not_announce_is_said(
        string token, string metadata, string grants, bool isSaid, string apiTokens = "Refresh", string authentication = "Auto")
    {
        var said = metadata.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(entry => entry.Split('='))
            .ToDictionary(entry => entry[0], entry => entry[1]);
        said["Bff.Token"] = token;
        var options = new OidcOptions
        {
            ClientSecret = authentication == "None" ? null : "secret", ApiTokens = Enum.Parse<ApiTokenGrant>(apiTokens),
            ClientAuthentication = Enum.Parse<ClientAuthenticationMethod>(authentication),
        };
        var announced = new OpenIdConnectConfiguration();
        foreach (var grant in grants.Split(' ', StringSplitOptions.RemoveEmptyEntries)) { announced.GrantTypesSupported.Add(grant); }

        var found = new GrantChecks(announced, options, "default", isFirst: true, [new RouteConfig { RouteId = "orders", Metadata = said }]).Run().ToList();

        found.Count.ShouldBe(isSaid ? 1 : 0);
        if (isSaid) { found[0].Found.ShouldStartWith("ReverseProxy:Routes:orders:Metadata:Bff.Token: "); }
    }
}
