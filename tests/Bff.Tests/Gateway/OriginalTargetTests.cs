using Bff.Gateway;

namespace Bff.Tests.Gateway;

public class OriginalTargetTests
{
    [Theory]
    [InlineData("/", "/", "")]
    [InlineData("/api/echo?x=1&y=%2F..%00", "/api/echo", "?x=1&y=%2F..%00")]
    [InlineData("/api/a%20b/%C3%A4?q", "/api/a b/ä", "?q")]
    [InlineData("/api/100%25", "/api/100%", "")]
    [InlineData("/api/a.b/..c/...", "/api/a.b/..c/...", "")]
    [InlineData("/api/x;v=1", "/api/x;v=1", "")]
    [InlineData("/api/?//", "/api/", "?//")]
    public void What_all_read_alike_is_decoded_once(string raw, string path, string query)
    {
        var target = OriginalTarget.Parse(raw).ShouldNotBeNull();

        (target.Raw, target.Path.Value, target.Query.Value ?? "").ShouldBe((raw, path, query));
    }

    [Theory]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("api")]
    [InlineData("http://app.example.com/api")]
    [InlineData("//evil.example/api")]
    [InlineData("/api//echo")]
    [InlineData("/public/../api")]
    [InlineData("/public/./api")]
    [InlineData("/public/..")]
    [InlineData("/public/%2e%2e/api")]
    [InlineData("/public/.%2E/api")]
    [InlineData("/public/%2E/api")]
    [InlineData("/public%2Fapi")]
    [InlineData("/public/..%2fapi")]
    [InlineData("/public/..%5capi")]
    [InlineData("/public/..\\api")]
    [InlineData("/public/%252e%252e/api")]
    [InlineData("/public%252fapi")]
    [InlineData("/public%25%32%66api")]
    [InlineData("/api/%00")]
    [InlineData("/api/%0d%0aX: 1")]
    [InlineData("/api/%7f")]
    [InlineData("/api/a b")]
    [InlineData("/api/\t")]
    [InlineData("/api/ä")]
    [InlineData("/api#x")]
    [InlineData("/api?x#y")]
    [InlineData("/api/%")]
    [InlineData("/api/%2")]
    [InlineData("/api/%zz")]
    [InlineData("/api/%u002e")]
    [InlineData("/api/%C0%AE%C0%AE/x")]
    [InlineData("/api/%ff")]
    [InlineData("/api/%ED%A0%80")]
    public void What_a_gateway_might_read_otherwise_has_no_meaning(string raw) => OriginalTarget.Parse(raw).ShouldBeNull();
}
