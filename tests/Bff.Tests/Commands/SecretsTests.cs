using Bff.Commands;

namespace Bff.Tests.Commands;

public class SecretsTests
{
    [Theory]
    [InlineData("Bff:Oidc:ClientSecret")]
    [InlineData("Bff:Ops:Token")]
    [InlineData("Kestrel:Certificates:Default:Password")]
    [InlineData("ReverseProxy:Routes:a:Transforms:0:Set")]
    [InlineData("ReverseProxy:Routes:a:Metadata:ApiKey")]
    public void A_secret_is_never_printed(string key) => Secrets.Mask(key, "geheim").ShouldBe(Secrets.Masked);

    [Theory]
    [InlineData("Bff:Renewal:TokenTimeout", "00:00:10")]
    [InlineData("Bff:Oidc:ClientSecretFile", "/run/secrets/client")]
    [InlineData("ReverseProxy:Routes:a:Metadata:Bff.Token", "User")]
    [InlineData("Bff:Oidc:Authority", "https://login.example.com")]
    public void What_only_sounds_like_one_is(string key, string value) => Secrets.Mask(key, value).ShouldBe(value);

    [Theory]
    [InlineData("Host=db;Username=bff;Password=geheim")]
    [InlineData("Host=db;pwd=geheim")]
    [InlineData("Host=db;SSL Password=geheim")]
    [InlineData("no connection string, geheim")]
    public void A_connection_string_loses_its_passwords(string value) => Secrets.Mask("Bff:Sessions:ConnectionString", value).ShouldNotContain("geheim");

    [Fact]
    public void An_address_loses_its_user() =>
        Secrets.Mask("ReverseProxy:Clusters:a:Destinations:one:Address", "https://me:geheim@api.example.com/v1").ShouldBe($"https://{Secrets.Masked}@api.example.com/v1");
}
