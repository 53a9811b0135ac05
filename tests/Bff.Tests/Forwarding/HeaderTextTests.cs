using Bff.Forwarding.Identity;

namespace Bff.Tests.Forwarding;

public class HeaderTextTests
{
    [Theory]
    [InlineData("alice", "alice")]
    [InlineData("alice+x@example.com", "alice+x@example.com")]
    [InlineData("Alice A. Adams, \"A\"", "Alice A. Adams, \"A\"")]
    [InlineData("100%", "100%25")]
    [InlineData("Zo\u00eb", "Zo%C3%AB")]
    [InlineData("\u5c71\ud83d\ude00", "%E5%B1%B1%F0%9F%98%80")]
    [InlineData("a\r\nX-Admin: 1", "a%0D%0AX-Admin: 1")]
    [InlineData("\0\t\u007f", "%00%09%7F")]
    [InlineData(" a b ", "%20a b%20")]
    [InlineData("", "")]
    public void A_value_ends_no_line_and_can_be_read_in_one_way(string text, string header)
    {
        HeaderText.Of(text).ShouldBe(header);
        Uri.UnescapeDataString(header).ShouldBe(text);
    }

    [Fact]
    public void A_comma_in_a_list_separates() =>
        HeaderText.OfList(["a", "b,c", "", "d%2Ce", " f"]).ShouldBe("a,b%2Cc,d%252Ce,%20f");
}
