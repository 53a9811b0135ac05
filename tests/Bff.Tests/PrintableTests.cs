namespace Bff.Tests;

[Trait("Standard", "HARD-14")]
public class PrintableTests
{
    [Theory]
    [InlineData("Ünï côdé 漢字 🙂", "Ünï côdé 漢字 🙂")]
    [InlineData("\u001B]0;owned\u0007\u001B[2J", "\\u001B]0;owned\\u0007\\u001B[2J")]
    [InlineData("alice\nfail: Bff.Audit[1]", "alice\\u000Afail: Bff.Audit[1]")]
    [InlineData("a\u202Egnp.exe\u2066", "a\\u202Egnp.exe\\u2066")]
    [InlineData("\u2028\u0085\u200B\u00A0", "\\u2028\\u0085\\u200B ")]
    [InlineData(null, "")]
    public void Text_can_neither_break_a_line_nor_steer_a_terminal(string? given, string printed) => Printable.Text(given).ShouldBe(printed);

    [Fact]
    public void A_lone_surrogate_is_replaced() => Printable.Text("a\uD800b").ShouldBe("a\uFFFDb");

    [Fact]
    public void Text_is_cut()
    {
        Printable.Text(new string('x', 5000)).Length.ShouldBeLessThan(300);
        Printable.Text(new string('\u001B', 5000)).Length.ShouldBeLessThan(300);
        Printable.Text(new string('x', 5000), 10).ShouldBe("xxxxxxxxxx…");
    }

    [Fact]
    public void A_word_has_no_white_space() => Printable.Word("alice by=admin\treason=x\u3000y").ShouldBe("alice_by=admin\\u0009reason=x_y");

    [Theory]
    [InlineData("https://me:sekret@api.example.com/v1?sig=sekret#sekret", "https://api.example.com/v1")]
    [InlineData("http://127.0.0.1:5002", "http://127.0.0.1:5002")]
    [InlineData("http://127.0.0.1:5002/?sig=sekret", "http://127.0.0.1:5002")]
    [InlineData("http://+:3002", "http://+:3002")]
    [InlineData("https://*:443/", "https://*:443/")]
    [InlineData("http://+:sekret", "********")]
    [InlineData("http://me:se?kret@host/", "********")]
    [InlineData("http://me:123?kret@host/", "http://********")]
    [InlineData("sekret", "********")]
    [InlineData("postgres://me:sekret@db/bff", "********")]
    [InlineData("me:sekret@host", "********")]
    [InlineData("/sekret", "********")]
    public void An_address_shows_no_credentials(string given, string printed) => Printable.Address(given).ShouldBe(printed);

    [Fact]
    public void A_path_is_shown_when_its_folder_is_there()
    {
        var file = Path.Combine(Path.GetTempPath(), "not-there");
        Printable.Path(file).ShouldBe(file);
        Printable.Path("sekret").ShouldBe(Printable.Mask);
        Printable.Path("/sekret/with/slashes+of==").ShouldBe(Printable.Mask);
        Printable.Path("/sekret").ShouldBe(Printable.Mask);
    }
}
