using Bff.Forwarding;

namespace Bff.Tests.Forwarding;

[Trait("Standard", "SEC")]
public class UpstreamHeadersTests
{
    [Theory]
    [InlineData("Authorization")]
    [InlineData("authorization")]
    [InlineData("X-Forwarded-User")]
    [InlineData("X_Forwarded_User")]
    [InlineData("X_FORWARDED-EMAIL")]
    [InlineData("X-Forwarded-Preferred-Username")]
    [InlineData("X-Auth-Request-Groups")]
    [InlineData("Remote_User")]
    [InlineData("X-Remote-User")]
    [InlineData("X-MS-CLIENT-PRINCIPAL-ID")]
    [InlineData("X_WebAuth_User")]
    [InlineData("Impersonate-User")]
    [InlineData("SSL_CLIENT_VERIFY")]
    [InlineData("X-User-Roles")]
    [InlineData("X-Forwarded-For")]
    [InlineData("X_Forwarded_Host")]
    [InlineData("X-Real-IP")]
    [InlineData("X-Original-URL")]
    [InlineData("X-HTTP-Method-Override")]
    [InlineData("Forwarded")]
    [InlineData("Any_thing")]
    public void Identity_headers_are_known_in_every_spelling(string name) => UpstreamHeaders.IsForbidden(name).ShouldBeTrue();

    [Theory]
    [InlineData("Accept")]
    [InlineData("X-Requested-With")]
    [InlineData("X-Request-Id")]
    [InlineData("Content-Type")]
    [InlineData("X-CSRF")]
    public void Other_headers_pass(string name) => UpstreamHeaders.IsForbidden(name).ShouldBeFalse();
}
