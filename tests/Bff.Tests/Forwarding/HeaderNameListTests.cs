using Bff.Forwarding;
using Bff.Sessions.Store.Sql;

namespace Bff.Tests.Forwarding;

public class HeaderNameListTests
{
    [Theory]
    [InlineData("X-Tenant-Id")]
    [InlineData("__tenant")]
    [InlineData("X-User-Timezone")]
    [InlineData("X-HTTP-Method-Override")]
    public void A_header_no_proxy_speaks_for_may_be_let_through(string name) => HeaderNameList.Objection(name).ShouldBeNull();

    [Theory]
    [InlineData("authorization")]
    [InlineData("Proxy-Authorization")]
    [InlineData("dpop")]
    [InlineData("Cookie")]
    [InlineData("Forwarded")]
    [InlineData("x_forwarded_for")]
    [InlineData("X-Forwarded-Anything")]
    [InlineData("Transfer-Encoding")]
    [InlineData("Host")]
    [InlineData("two words")]
    [InlineData("ümlaut")]
    [InlineData("")]
    public void Any_other_may_not(string name) => HeaderNameList.Objection(name).ShouldNotBeNull();

    [Fact]
    public void A_routes_list_is_read_with_commas_or_spaces() =>
        HeaderNameList.Read(new Dictionary<string, string> { ["Bff.RequestHeaders"] = "X-One, X-Two X-Three" })!.ShouldBe(["X-One", "X-Two", "X-Three"],
            ignoreOrder: true);

    [Fact]
    public void What_a_connection_names_is_told_from_what_frames_the_message() =>
        RequestHeaderFilter.NamedBy("close, X-Hop, Transfer-Encoding,X-Two").ShouldBe(["X-Hop", "X-Two"]);
}
