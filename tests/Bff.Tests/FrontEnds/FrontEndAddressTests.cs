using Bff.FrontEnds;

namespace Bff.Tests.FrontEnds;

public sealed class FrontEndAddressTests
{
    [Theory]
    [InlineData("/shop")]
    [InlineData("/a/b-c_d.e~f")]
    [InlineData("/.well")]
    public void A_plain_path_is_one(string text) => FrontEndAddress.ParsePath(text).ShouldNotBeNull().Value.ShouldBe(text);

    [Theory]
    [InlineData("shop")]
    [InlineData("/")]
    [InlineData("/shop/")]
    [InlineData("//evil")]
    [InlineData("/a//b")]
    [InlineData("/a/../b")]
    [InlineData("/a/.")]
    [InlineData("/a\\b")]
    [InlineData("/a?b")]
    [InlineData("/a#b")]
    [InlineData("/a%2Fb")]
    [InlineData("/ä")]
    [InlineData("/a b")]
    [InlineData("/{a}")]
    public void Anything_else_is_none(string text) => FrontEndAddress.ParsePath(text).HasValue.ShouldBeFalse();

    [Theory]
    [InlineData("shop.example", "shop.example")]
    [InlineData("SHOP.example:8443", "shop.example:8443")]
    [InlineData("shop.example:443", "shop.example:443")]
    [InlineData("[::1]:8080", "[::1]:8080")]
    public void A_host_is_read_as_browsers_write_it(string text, string host) => FrontEndAddress.ParseHost(text).ShouldNotBeNull().Value.ShouldBe(host);

    [Theory]
    [InlineData("")]
    [InlineData("https://shop.example")]
    [InlineData("shop.example.")]
    [InlineData("shop.example/a")]
    [InlineData("user@shop.example")]
    [InlineData("*.example")]
    [InlineData("shop.example:port")]
    [InlineData("shop.example:99999")]
    [InlineData("shop example")]
    public void What_is_no_host_is_none(string text) => FrontEndAddress.ParseHost(text).HasValue.ShouldBeFalse();
}
