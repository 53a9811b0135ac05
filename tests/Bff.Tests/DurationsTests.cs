using Bff.Configuration;
using Microsoft.Extensions.Configuration;

namespace Bff.Tests;

public class DurationsTests
{
    [Theory]
    [InlineData("10s", "00:00:10")]
    [InlineData("5m", "00:05:00")]
    [InlineData("1h30m", "01:30:00")]
    [InlineData("2d", "2.00:00:00")]
    [InlineData("1d12h", "1.12:00:00")]
    [InlineData("1.5h", "01:30:00")]
    [InlineData("250ms", "00:00:00.2500000")]
    [InlineData("0", "00:00:00")]
    [InlineData("0s", "00:00:00")]
    [InlineData("00:00:20", "00:00:20")]
    [InlineData("01:30", "01:30:00")]
    [InlineData("3650.00:00:00", "3650.00:00:00")]
    [InlineData("-00:00:01", "-00:00:01")]
    public void Durations_are_read(string text, string duration)
    {
        Durations.TryParse(text, out var read).ShouldBeTrue();
        read.ToString("c").ShouldBe(duration);
    }

    [Theory]
    [InlineData("5")]          // five days, to .NET
    [InlineData("1800")]
    [InlineData("24:00:00")]   // 24 days, to .NET's lenient reading
    [InlineData("5 m")]
    [InlineData("5M")]
    [InlineData("30m1h")]
    [InlineData("-5m")]
    [InlineData("1.")]
    [InlineData("-5")]
    [InlineData("soon")]
    [InlineData("")]
    [InlineData("999999999999d")]
    public void Anything_else_is_refused(string text) => Durations.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void A_number_alone_is_told_to_lack_a_unit() => Durations.Explain("5").ShouldBe("'5' has no unit: write 5s, 5m or 5h");

    [Theory]
    [InlineData("90s", "00:01:30")]
    [InlineData("5", "5.00:00:00")]
    [InlineData("1:2", "01:02:00")]
    public void Settings_of_the_program_around_us_are_read_as_they_were(string text, string duration)
    {
        Durations.ReadEverywhere();
        var theirs = new ConfigurationBuilder().AddInMemoryCollection([new("Theirs:Wait", text)]).Build();

        theirs.GetValue<TimeSpan>("Theirs:Wait").ToString("c").ShouldBe(duration);
        SettingValue.CanRead("5", typeof(TimeSpan)).ShouldBeFalse("ours are another matter");
    }
}
