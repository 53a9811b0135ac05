using System.Net;
using Bff.FrontEnds;
using Bff.Guard;
using Microsoft.AspNetCore.Http;

namespace Bff.Tests.FrontEnds;

public class PublicAddressTests
{
    [Theory]
    [InlineData("https://app.example", "https", "app.example", "")]
    [InlineData("https://APP.example:443/", "https", "app.example", "")]
    [InlineData("http://localhost:3001", "http", "localhost:3001", "")]
    [InlineData("https://app.example:8443/a/b/", "https", "app.example:8443", "/a/b")]
    [InlineData("https://[2001:DB8:0::1]:8443", "https", "[2001:db8::1]:8443", "")]
    [InlineData("https://b\u00fccher.example/\u00fc", "https", "xn--bcher-kva.example", "/\u00fc")]
    public void An_address_has_a_scheme_a_host_and_maybe_a_path(string url, string scheme, string host, string pathBase)
    {
        var address = PublicAddress.Parse(url).ShouldNotBeNull();
        (address.Scheme, address.Host.Value, address.PathBase.Value ?? "").ShouldBe((scheme, host, pathBase));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("app.example")]
    [InlineData("/app")]
    [InlineData("ftp://app.example")]
    [InlineData("https://*:443")]
    [InlineData("https://user:word@app.example")]
    [InlineData("https://app.example?a")]
    [InlineData("https://app.example#a")]
    [InlineData("https://app.example.")]
    public void Everything_else_is_none(string? url) => PublicAddress.Parse(url).ShouldBeNull();

    /// <summary>An attribute cannot carry such a text: it is stored as UTF-8.</summary>
    [Fact]
    public void A_name_that_no_host_header_can_spell_is_none() => PublicAddress.Parse("https://app\uD800.example").ShouldBeNull();

    [Theory]
    [InlineData("https://app.example", "app.example", true)]
    [InlineData("https://app.example", "App.Example:443", true)]
    [InlineData("https://app.example", "app.example:80", false)]
    [InlineData("https://app.example", "app.example.", false)]
    [InlineData("https://app.example", "app.example.evil", false)]
    [InlineData("https://app.example", "evilapp.example", false)]
    [InlineData("https://app.example", "", false)]
    [InlineData("https://app.example", "app.example@evil", false)]
    [InlineData("http://app.example:8080", "app.example:8080", true)]
    [InlineData("http://app.example:8080", "app.example", true)]
    [InlineData("http://app.example:8080", "app.example:80", false)]
    [InlineData("https://[2001:db8::1]", "[2001:DB8:0:0::1]:443", true)]
    [InlineData("https://[2001:db8::1]", "[2001:db8::2]", false)]
    public void A_request_asks_for_it_or_not(string url, string host, bool asks) => PublicAddress.Parse(url)!.IsAskedBy(new HostString(host)).ShouldBe(asks);

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("LOCALHOST", true)]
    [InlineData("app.localhost", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.8.8.8", true)]
    [InlineData("[::1]", true)]
    [InlineData("[::ffff:127.0.0.1]", true)]
    [InlineData("localhost.", false)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("evillocalhost", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("", false)]
    public void Names_of_this_machine_cannot_be_pointed_elsewhere(string host, bool loopback) => PublicAddress.IsLoopback(host).ShouldBe(loopback);

    [Theory]
    [InlineData("/{**all}", 3)]
    [InlineData("{**all}", 3)]
    [InlineData(null, 3)]
    [InlineData("/{page}", 3)]
    [InlineData("/bff/api/{**rest}", 1)]
    [InlineData("/BFF", 1)]
    [InlineData("/{area}/login", 3)]
    [InlineData("/signin-oidc", 1)]
    [InlineData("/api/{**rest}", 0)]
    [InlineData("/bffs/{**rest}", 0)]
    public void A_route_takes_in_our_paths_or_not(string? pattern, int covered) => OwnPaths.CoveredBy(pattern).Count().ShouldBe(covered);

    [Fact]
    public void Addresses_of_one_customer_are_counted_together_and_the_number_of_counts_has_a_bound()
    {
        Bucket("2001:db8:1:1::1").ShouldBe(Bucket("2001:db8:1:1:ffff::2"));
        Enumerable.Range(0, 200).Select(i => Bucket($"2001:db8:1:{i:x}::1")).Distinct().Count().ShouldBeGreaterThan(100);
        Enumerable.Range(0, 200).Select(i => Bucket($"203.0.113.{i}")).Distinct().Count().ShouldBeGreaterThan(100);
        Enumerable.Range(0, 50_000).Select(i => Bucket($"2001:db8:{i:x}::1")).Max().ShouldBeLessThan(1 << 14);

        static int Bucket(string address) => ClientAddress.BucketOf(IPAddress.Parse(address));
    }
}
