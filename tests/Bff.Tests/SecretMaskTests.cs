using Bff.Configuration;
using Bff.FrontEnds;
using Bff.Guard;
using Bff.Ops;
using Bff.Providers;
using Bff.Renewal;
using Bff.Sessions;

namespace Bff.Tests;

[Trait("Standard", "HARD-15")]
public class SecretMaskTests
{
    private static readonly SecretMask Settings = new(new SettingsSchema(
    [
        new("Bff", typeof(ProxyOptions)), new("Bff:Oidc", typeof(OidcOptions)), new("Bff:Ops", typeof(OpsOptions)), new("Bff:Renewal", typeof(RenewalOptions)),
        new("Bff:Renewal", typeof(TokenOptions)),
        new("Bff:Sessions", typeof(SessionsOptions)), new("Bff:Spa", typeof(SpaOptions)),
    ]));

    [Theory]
    [InlineData("Bff:Oidc:ClientSecret")]
    [InlineData("bff:oidc:CLIENTSECRET")]
    [InlineData("Bff:Ops:Token")]
    [InlineData("Bff:Ops:SubscriptionKey")]
    [InlineData("Bff:Oidc:passwd")]
    [InlineData("Bff:Something:New")]
    [InlineData("Bff:Oidc:ClientSecretFile")]   // the secret itself, in the wrong place
    [InlineData("Bff:Renewal:Lead")]            // likewise
    [InlineData("Bff:Ops:Url")]                 // likewise
    [InlineData("Kestrel:Certificates:Default:Password")]
    [InlineData("Kestrel:Endpoints:Ops:Certificate:passphrase")]
    [InlineData("Kestrel:Endpoints:Ops:Certificate:Path")]
    [InlineData("Kestrel:Limits:MaxRequestBodySize")]
    [InlineData("ReverseProxy:Routes:a:Transforms:0:set")]
    [InlineData("ReverseProxy:Routes:a:Transforms:0:SET")]
    [InlineData("ReverseProxy:Routes:a:Transforms:0:Append")]
    [InlineData("ReverseProxy:Routes:a:Transforms:0:PathPattern")]
    [InlineData("ReverseProxy:Routes:a:Transforms:0:PathPrefix")]
    [InlineData("ReverseProxy:Routes:a:Metadata:api-key")]
    [InlineData("ReverseProxy:Clusters:a:Metadata:private_key")]
    [InlineData("ReverseProxy:Routes:a:Match:Headers:0:Values:0")]
    [InlineData("ReverseProxy:Routes:a:Match:QueryParameters:0:Values:0")]
    [InlineData("ReverseProxy:Clusters:a:HealthCheck:Active:Query")]
    [InlineData("ReverseProxy:Clusters:a:Destinations:one:pwd")]
    [InlineData("ReverseProxy:Routes:a:Order")]
    public void A_value_that_is_not_known_to_be_harmless_is_never_printed(string key) => Settings.Show(key, "sekret").ShouldBe(Printable.Mask);

    [Theory]
    [InlineData("Bff:Renewal:TokenTimeout", "00:00:10")]
    [InlineData("bff:renewal:tokentimeout", "00:00:10")]
    [InlineData("Bff:Oidc:ClientId", "bff")]
    [InlineData("Bff:Oidc:Authority", "https://login.example.com")]
    [InlineData("Bff:Sessions:InsecureCookie", "true")]
    [InlineData("Bff:Spa:Origins:0", "https://app.example.com")]
    [InlineData("Bff:TrustedProxies:0", "10.0.0.0/8")]
    [InlineData("ReverseProxy:Routes:a:Metadata:Bff.Token", "User")]
    [InlineData("ReverseProxy:Routes:a:Match:Path", "/api/{**rest}")]
    [InlineData("ReverseProxy:Routes:a:AuthorizationPolicy", "default")]
    [InlineData("ReverseProxy:Routes:a:Transforms:0:RequestHeader", "X-Key")]
    [InlineData("ReverseProxy:Routes:a:Order", "-3")]
    [InlineData("ReverseProxy:Clusters:a:HttpClient:DangerousAcceptAnyServerCertificate", "true")]
    [InlineData("ReverseProxy:Clusters:a:HealthCheck:Active:Interval", "00:00:15")]
    [InlineData("Kestrel:Limits:MaxRequestBodySize", "1000")]
    [InlineData("Kestrel:Limits:Http2:MaxStreamsPerConnection", "10")]
    [InlineData("Kestrel:Endpoints:Ops:Url", "https://+:3002")]
    [InlineData("Kestrel:Endpoints:Main:Protocols", "Http1AndHttp2")]
    public void What_is_harmless_is_printed(string key, string value) => Settings.Show(key, value).ShouldBe(value);

    [Theory]
    [InlineData("Host=db;Username=bff;Password=sekret")]
    [InlineData("Host=db;pwd=sekret")]
    [InlineData("Host=db;SSL Password=sekret")]
    [InlineData("Host=db;Some New Credential=sekret")]
    [InlineData("no connection string, sekret")]
    [InlineData("postgres://bff:sekret@db/bff")]
    public void A_connection_string_loses_all_but_what_is_known(string value) =>
        Settings.Show("Bff:Sessions:ConnectionString", value).ShouldNotContain("sekret");

    [Fact]
    public void An_address_loses_its_user_and_its_query() =>
        Settings.Show(
            "ReverseProxy:Clusters:a:Destinations:one:Address", "https://me:sekret@api.example.com/v1?code=sekret").ShouldBe("https://api.example.com/v1");

    [Fact]
    public void A_message_of_anybody_loses_the_values_it_quotes()
    {
        var values = new Dictionary<string,
        string?> { ["ReverseProxy:Clusters:a:Destinations:one:Address"] = "ftp://me:a-sekret@host", ["Bff:Renewal:Lead"] = "sekret",
            ["Bff:Oidc:ClientId"] = "an-harmless-id" };
        Settings.Scrub(
            "ReverseProxy: 'ftp://me:a-sekret@host' of an-harmless-id is wrong\u001B[2J",
            values).ShouldBe("ReverseProxy: '********' of an-harmless-id is wrong\\u001B[2J");
        Settings.Scrub("Bff:Renewal:Lead: 'sekret' cannot be read", values).ShouldBe("Bff:Renewal:Lead: '********' cannot be read");
    }

    [Fact]
    public void Keys_of_YARP_and_Kestrel_that_nobody_reads_are_named()
    {
        SettingsSchema.UnknownKeys(
        [
            "ReverseProxy:Routes:a:AuthorisationPolicy", "ReverseProxy:Routes:a:Match:Paths", "ReverseProxy:Clusters:a:WeightedDestinations:0:one",
            "ReverseProxy:Clusters:a:WeightedDestinations:1:one",
            "ReverseProxy:Clusters:a:HttpClient:SslProtocols:0", "ReverseProxy:Routes:a:Transforms:0:X-Anything", "ReverseProxy:Routes:a:Metadata:Any.Thing",
            "ReverseProxy:Clusters:a:Destinations:one:Address",
            "ReverseProxy:Clusters:a:SessionAffinity:Cookie:SameSite", "ReverseProxy:Clusters:a:HealthCheck:Passive:ReactivationPeriod",
            "ReverseProxy:Clusters:a:HttpClient:WebProxy:Address",
            "Kestrel:Limits:MaxRequestBodySise", "Kestrel:Limits:MinRequestBodyDataRate:GracePeriod",
            "Kestrel:Endpoints:Main:Sni:*.example.com:Certificate:KeyPath", "Kestrel:EndpointDefaults:Protocols",
            "Kestrel:AddServerHeader", "kestrel:endpoints:main:url", "Bff:Anything", "urls",
        ]).Select(mistake => mistake.Split(": ")[0]).ShouldBe(
        [
            "ReverseProxy:Routes:a:AuthorisationPolicy", "ReverseProxy:Routes:a:Match:Paths", "ReverseProxy:Clusters:a:WeightedDestinations",
            "Kestrel:Limits:MaxRequestBodySise", "Kestrel:AddServerHeader",
        ]);
    }
}
