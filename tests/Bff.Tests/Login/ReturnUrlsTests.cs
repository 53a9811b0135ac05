using Bff.Guard;
using Bff.Login;
using Microsoft.Extensions.Options;

namespace Bff.Tests.Login;

[Trait("Standard", "SEC")]
public class ReturnUrlsTests
{
    private readonly ReturnUrls _urls = new(FixedOptions.Of(new SpaOptions { Origins = ["http://localhost:5000", "https://app.example"] }));

    [Theory]
    [InlineData("/")]
    [InlineData("/deep/link?x=1#part")]
    [InlineData("/a%2Fb")]
    [InlineData("http://localhost:5000")]
    [InlineData("http://localhost:5000/page?x=http://evil.example")]
    [InlineData("https://app.example/#/view")]
    public void A_page_of_ours_is_allowed(string url)
    {
        _urls.TryResolve(url, out var target).ShouldBeTrue();
        target.ShouldBe(url);
    }

    [Theory]
    [InlineData("//evil.example")]
    [InlineData("///evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("\\\\evil.example")]
    [InlineData("/\t/evil.example")]
    [InlineData("/\n/evil.example")]
    [InlineData(" //evil.example")]
    [InlineData("https://evil.example")]
    [InlineData("http://localhost:5000.evil.example/")]
    [InlineData("http://localhost:5000@evil.example/")]
    [InlineData("http://user@localhost:5000/")]
    [InlineData("http://localhost:5001/")]
    [InlineData("https://localhost:5000/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("data:text/html,x")]
    [InlineData("http:evil.example")]
    [InlineData("evil.example")]
    [InlineData("%2F%2Fevil.example")]
    [InlineData("https://app.example\\.evil.example/")]
    public void Anything_else_is_refused(string url) => _urls.TryResolve(url, out _).ShouldBeFalse();

    [Fact]
    public void Without_a_return_url_the_first_front_end_is_it()
    {
        _urls.TryResolve(null, out var target).ShouldBeTrue();
        target.ShouldBe("http://localhost:5000/");
    }
}
