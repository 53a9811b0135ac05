using System.ComponentModel.DataAnnotations;
using Bff.Gateway;
using Microsoft.Extensions.Configuration;

namespace Bff.Tests.Gateway;

public class GatewayOptionsTests
{
    private const string Token = "0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData(null, null)]
    [InlineData("http://127.0.0.1:3003", Token)]
    [InlineData("https://*:3003", Token)]
    [InlineData(null, Token)]
    public void A_token_is_all_it_needs(string? url, string? token) => Mistakes(url, token).ShouldBeEmpty();

    [Theory]
    [InlineData("http://127.0.0.1:3003", null, "Token: is required (or TokenFile, or ClientCertificateAuthority)")]
    [InlineData("http://127.0.0.1:3003", "0123456789abcdef0123456789abcde", "Token: must have at least 32 characters")]
    [InlineData("http://127.0.0.1:3003", Token + " x", "Token: must have printable ASCII characters only")]
    [InlineData("127.0.0.1:3003", Token, "Url: '127.0.0.1:3003' is not an address")]
    [InlineData("http://127.0.0.1:3003/check", Token, "Url: 'http://127.0.0.1:3003/check' is not an address")]
    public void A_mistake_is_said_under_its_key(string url, string? token, string mistake) => Mistakes(url, token).Single().ShouldStartWith(mistake);

    [Theory]
    [InlineData("http://*:3001", "port 3001 is the public port")]
    [InlineData("https://127.0.0.1:3443", "port 3443 is the public port")]
    [InlineData("http://127.0.0.1:3002", "port 3002 is the ops port")]
    [InlineData("http://127.0.0.1:3003", null)]
    [InlineData("http://127.0.0.1:0", null)]
    [InlineData("", null)]
    public void It_has_a_port_of_its_own(string url, string? mistake)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Bff:Gateway:Url", url)]).Build();

        var found = GatewayOptions.SharedPorts(configuration, ["http://localhost:3001", "https://*:3443", "http://unix:/run/bff.sock"]).SingleOrDefault();

        if (mistake is null) { found.ShouldBeNull(); }
        else { found.ShouldNotBeNull().ShouldStartWith("Bff:Gateway:Url: " + mistake); }
    }

    private static IEnumerable<string> Mistakes(string? url, string? token)
    {
        var options = new GatewayOptions { Url = url, Token = token };
        return options.Validate(new ValidationContext(options)).Select(mistake => $"{mistake.MemberNames.Single()}: {mistake.ErrorMessage}");
    }
}
