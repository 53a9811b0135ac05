using Bff.Configuration;
using Bff.Forwarding;
using Microsoft.Extensions.Configuration;

namespace Bff.Tests;

public sealed class SettingsSchemaTests
{
    private const string Route = "ReverseProxy:Routes:api:", Cluster = "ReverseProxy:Clusters:api:";

    [Theory]
    [InlineData(Route + "AuthorisationPolicy")]
    [InlineData(Route + "Metdata:Bff.Token")]
    [InlineData(Route + "Match:Pth")]
    [InlineData(Cluster + "Destinatons:one:Address")]
    [InlineData(Cluster + "Destinations:one:Adress")]
    [InlineData("ReverseProxy:Routs:api:ClusterId")]
    [InlineData("Kestrel:Endpoints:Main:Urls")]
    public void A_key_that_nobody_reads_is_named(string key) => SettingsSchema.UnknownKeys([key]).ShouldHaveSingleItem().ShouldContain("is not a setting");

    [Theory]
    [InlineData(Route + "Order", "abc", "a whole number")]
    [InlineData(Route + "Timeout", "soon", "a time span")]
    [InlineData(Route + "MaxRequestBodySize", "big", "a whole number")]
    [InlineData(Route + "Match:Methods", "GET", "is a list")]
    [InlineData(Route + "Match:Hosts", "app.example", "is a list")]
    [InlineData(Route + "Match", "/api", "no value of its own")]
    [InlineData(Route + "Match:Headers:0:Mode", "Exakt", "one of ")]
    [InlineData("ReverseProxy:Routes:api", "/api", "no value of its own")]
    [InlineData("ReverseProxy", "on", "no value of its own")]
    [InlineData(Cluster + "Destinations", "https://api.example", "no value of its own")]
    [InlineData(Cluster + "HealthCheck:Active:Enabled", "yes", "true or false")]
    [InlineData(Cluster + "HttpClient:SslProtocols", "Tls12", "is a list")]
    [InlineData(Cluster + "HttpClient:SslProtocols:0", "Tls99", "one of ")]
    [InlineData(Cluster + "HttpRequest:Version", "two", "a version")]
    [InlineData("Kestrel:Endpoints:Main:Protocols", "Http9", "one of ")]
    [InlineData("Kestrel:Endpoints:Main:SslProtocols", "Tls12", "is a list")]
    public void A_value_that_is_not_of_its_keys_type_is_named(string key, string value, string why)
    {
        var mistake = SettingsSchema.UnreadableValues(new Dictionary<string, string?> { [key] = value }).ShouldHaveSingleItem();
        mistake.ShouldStartWith(key + ": ");
        mistake.ShouldContain(why);
    }

    [Theory]
    [InlineData(Route + "order", "-1")]
    [InlineData(Route + "AuthorizationPolicy", "default")]
    [InlineData(Route + "Match:Methods:0", "GET")]
    [InlineData(Route + "Match:Methods", "")]
    [InlineData(Route + "Metadata:Bff.Token", "User")]
    [InlineData(Route + "Transforms:0:PathPrefix", "/x")]
    [InlineData(Cluster + "HttpRequest:Version", "2")]
    [InlineData(Cluster + "HttpRequest:Version", "1.1")]
    [InlineData(Cluster + "HttpClient:SslProtocols:0", "tls12")]
    [InlineData(Cluster + "HealthCheck:Passive:ReactivationPeriod", "00:00:10")]
    [InlineData("Kestrel:Endpoints:Main:Protocols", "Http1AndHttp2")]
    [InlineData("Kestrel:Endpoints:Main:SslProtocols:0", "Tls13")]
    [InlineData("Bff:Anything", "goes")]
    public void Nothing_is_said_of_what_can_be_read(string key, string value) =>
        SettingsSchema.UnreadableValues(new Dictionary<string, string?> { [key] = value }).ShouldBeEmpty();

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("", "None", true)]
    [InlineData("anonymous", null, false)]
    [InlineData("default", "None", false)]
    [InlineData(null, "UserOrNone", false)]
    [InlineData(null, "User", false)]
    public void A_route_is_open_unmeant_when_it_has_neither_policy_nor_token(string? policy, string? token, bool open)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ReverseProxy:Routes:it:ClusterId"] = "api", ["ReverseProxy:Routes:it:AuthorizationPolicy"] = policy,
            ["ReverseProxy:Routes:it:Metadata:Bff.Token"] = token,
        }).Build();
        OpenRoutes.In(configuration).ShouldBe(open ? ["ReverseProxy:Routes:it"] : []);
    }
}
