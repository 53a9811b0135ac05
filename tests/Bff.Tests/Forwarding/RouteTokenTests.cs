using Bff.Forwarding;
using Bff.Providers;
using Yarp.ReverseProxy.Configuration;

namespace Bff.Tests.Forwarding;

public class RouteTokenTests
{
    private static readonly string[] Providers = ["default", "staff"];

    [Theory]
    [InlineData("User", "Bff.Audience=orders Bff.Provider=staff")]
    [InlineData("UserOrNone", "Bff.Resource=https://orders.example.com/v1?x=1")]
    [InlineData("User", "Bff.Resource=urn:example:orders")]
    [InlineData("User", "Bff.Scope=api://orders/.default")]
    [InlineData("Exchange", "Bff.Scope=orders:read Bff.Audience=orders")]
    [InlineData("Client", "", "anonymous")]
    [InlineData("UserOrClient", "Bff.Audience=orders", "anonymous")]
    [InlineData("None", "")]
    public void What_fits_together_is_read(string token, string metadata, string? policy = null)
    {
        var route = Route(token, metadata, policy);
        RouteToken.Mistakes(route, Providers).ShouldBeEmpty();
        var read = RouteToken.Read(route);
        (read.Target is null).ShouldBe(!metadata.Contains('=', StringComparison.Ordinal));
        read.Target?.IsExchanged.ShouldBe(token == "Exchange");
    }

    [Theory]
    [InlineData("None", "Bff.Audience=orders", "Bff.Audience", "sends no token")]
    [InlineData(null, "Bff.Provider=staff", "Bff.Provider", "sends no token")]
    [InlineData("User", "Bff.Provider=Staff", "Bff.Provider", "There are: default, staff.")]
    [InlineData("User", "Bff.Resource=/orders", "Bff.Resource", "RFC 8707")]
    [InlineData("User", "Bff.Resource=orders", "Bff.Resource", "RFC 8707")]
    [InlineData("User", "Bff.Resource=https://orders.example.com#top", "Bff.Resource", "RFC 8707")]
    [InlineData("User", "Bff.Scope=\"orders\"", "Bff.Scope", "RFC 6749")]
    [InlineData("User", "Bff.Scope=ördersread", "Bff.Scope", "RFC 6749")]
    [InlineData("User", "Bff.Audience=", "Bff.Audience", "1 to 2000")]
    [InlineData("Exchange", "", "Bff.Token", "for which API")]
    [InlineData("Exchange", "Bff.Provider=staff", "Bff.Token", "for which API")]
    [InlineData("Client", "", "Bff.Token", "AuthorizationPolicy")]
    [InlineData("UserOrClient", "", "Bff.Token", "AuthorizationPolicy")]
    [Trait("Standard", "RFC8707-1")]
    public void What_does_not_is_a_mistake_of_its_key(string? token, string metadata, string key, string says)
    {
        var (named, mistake) = RouteToken.Mistakes(Route(token, metadata, policy: null), Providers).ShouldHaveSingleItem();
        named.ShouldBe(key);
        mistake.ShouldContain(says);
    }

    [Fact]
    public void Two_targets_that_say_the_same_are_one()
    {
        var one = new ApiTarget("orders", null, "a b");
        _ = one.Exchanged;
        one.ShouldBe(new("orders", null, "a b"));
        one.Exchanged.ShouldNotBe(one);
        one.Exchanged.ShouldBe(new("orders", null, "a b", IsExchanged: true));
        new ApiTarget("a", "b").Text.ShouldNotBe(new ApiTarget("a", null, "b").Text);
    }

    private static RouteConfig Route(string? token, string metadata, string? policy)
    {
        var said = metadata.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(entry => entry.Split('=', 2))
            .ToDictionary(entry => entry[0], entry => entry[1]);
        if (token is not null) { said["Bff.Token"] = token; }
        return new() { RouteId = "route", Metadata = said, AuthorizationPolicy = policy };
    }
}
