using Bff.Forwarding;

namespace Bff.Tests.Forwarding;

[Trait("Standard", "SEC-8")]
public class UpstreamHeadersTests
{
    [Theory]
    [InlineData("Authorization")]
    [InlineData("authorization")]
    [InlineData("dpop")]
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
    [InlineData("X-Sub")]
    [InlineData("X-Tenant")]
    [InlineData("X-Token")]
    [InlineData("X-Auth")]
    [InlineData("X-Authorization")]
    [InlineData("X-Admin")]
    [InlineData("X-WEBAUTH-NAME")]
    [InlineData("X-WEBAUTH-EMAIL")]
    [InlineData("X-Pomerium-Jwt-Assertion")]
    [InlineData("X-Pomerium-Claim-Email")]
    [InlineData("X-Vouch-User")]
    [InlineData("dapr-api-token")]
    [InlineData("X-Middleware-Subrequest")]
    [InlineData("X-Forwarded")]
    [InlineData("Cf-Access-Authenticated-User-Email")]
    [InlineData("X-JWT-Assertion")]
    [InlineData("Proxy")]
    [InlineData("X-Envoy-Original-Path")]
    [InlineData("X-Client-Cert")]
    [InlineData("X-Scope-OrgID")]
    [InlineData("X-Hasura-Role")]
    [InlineData("X-Amzn-Mtls-Clientcert")]
    [InlineData("X-TLS-Client-Subject")]
    [InlineData("X-On-Behalf-Of")]
    [InlineData("X-Actor")]
    [InlineData("X-Tenant-Name")]
    [InlineData("X-Authenticated")]
    [InlineData("X-AuthUser")]
    public void Identity_headers_are_known_in_every_spelling(string name)
    {
        UpstreamHeaders.IsForbidden(name).ShouldBeTrue();
        UpstreamHeaders.IsForbidden(name.ToUpperInvariant()).ShouldBeTrue();
    }

    [Fact]
    public void However_many_names_were_seen_each_keeps_its_verdict()
    {
        for (var number = 0; number < 2000; number++)
        {
            UpstreamHeaders.IsForbidden("X-Custom-" + number).ShouldBeFalse();
            UpstreamHeaders.IsForbidden("X-User-" + number).ShouldBeTrue();
            UpstreamHeaders.IsForbidden("X-Custom-" + number).ShouldBeFalse();
        }
    }

    [Theory]
    [InlineData("Accept")]
    [InlineData("X-Requested-With")]
    [InlineData("X-Request-Id")]
    [InlineData("Content-Type")]
    [InlineData("X-CSRF")]
    [InlineData("X-Client-Version")]
    [InlineData("X-Client-Info")]
    [InlineData("X-Session-Id")]
    [InlineData("X-API-Key")]
    [InlineData("X-Correlation-Id")]
    [InlineData("Idempotency-Key")]
    [InlineData("traceparent")]
    public void Other_headers_pass(string name) => UpstreamHeaders.IsForbidden(name).ShouldBeFalse();
}
