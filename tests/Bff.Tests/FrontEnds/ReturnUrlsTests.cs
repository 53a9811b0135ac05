using Bff.FrontEnds;
using CsCheck;
using Microsoft.Extensions.Options;

namespace Bff.Tests.FrontEnds;

[Trait("Standard", "SEC-1")]
public class ReturnUrlsTests
{
    private static readonly string[] Pieces =
    [
        "/", "\\", "//", "http:", "https:", "http://localhost:5000", "https://app.example",
        "evil.example", "@", ":", "?", "#", "%2f", "\t", "\n", " ", ".", "..", "a", "\u00FC", "\uD83D", "\u3002", "\uFF0F",
    ];

    private readonly ReturnUrls _urls = new(FrontEndPieces.Of(new SpaOptions { Origins = ["http://localhost:5000", "https://app.example"] }).Default, "");

    [Theory]
    [InlineData("/")]
    [InlineData("/deep/link?x=1#part")]
    [InlineData("/a%2Fb")]
    [InlineData("http://localhost:5000")]
    [InlineData("http://localhost:5000/page?x=http://evil.example")]
    [InlineData("https://app.example/#/view")]
    [InlineData("/{curly}|pipe^`'")]
    public void A_page_of_ours_is_allowed(string url)
    {
        _urls.TryResolve(url, out var target).ShouldBeTrue();
        target.ShouldBe(url);
    }

    [Theory]
    [InlineData("https://app.example:443/x", "https://app.example/x")]
    [InlineData("HTTPS://App.Example", "https://app.example")]
    [InlineData("https://app\u00ADle.example/x", null)]
    [InlineData("https://app.\u00ADexample/x", null)]
    [InlineData("https://app.example?x=\\\\evil", "https://app.example?x=%5C%5Cevil")]
    [InlineData("https://app.example#\\", "https://app.example#%5C")]
    [InlineData("/\u00A0x", "/%C2%A0x")]
    public void What_is_used_is_the_origin_that_is_allowed_and_what_a_header_can_carry(string url, string? used)
    {
        _urls.TryResolve(url, out var target).ShouldBe(used is not null);
        if (used is not null) { target.ShouldBe(used); }
    }

    /// <summary>Whatever is asked for: what comes out leads to this host or an allowed origin, by the framework's reading, and fits into a header.</summary>
    [Fact]
    public void Nothing_that_is_allowed_leads_elsewhere()
    {
        Gen.Int[0, Pieces.Length - 1].Select(piece => Pieces[piece]).Array[1, 6].Sample(parts =>
        {
            if (!_urls.TryResolve(string.Concat(parts), out var target)) { return; }
            target.ShouldAllBe(c => c > ' ' && c < '\u007F');
            new Uri(new Uri("https://bff.example/bff/login"), target).GetLeftPart(UriPartial.Authority).ShouldBeOneOf(
                "https://bff.example", "http://localhost:5000", "https://app.example");
        });
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
    [InlineData("https://\uFFFDapp.example/")]
    [InlineData("https://app.example\uFFFD")]
    [InlineData("https://xn--\uFFFF.example/")]
    [InlineData("https://app.example\u0378/")]
    public void Anything_else_is_refused(string url) => _urls.TryResolve(url, out _).ShouldBeFalse();

    [Fact]
    public void So_is_a_host_that_cannot_be_spelled_in_ASCII() => _urls.TryResolve("https://app.example\uD800", out _).ShouldBeFalse();

    [Fact]
    public void Without_a_return_url_the_first_front_end_is_it()
    {
        _urls.TryResolve(null, out var target).ShouldBeTrue();
        target.ShouldBe("http://localhost:5000/");
    }
}
