using Bff.Sessions;

namespace Bff.Tests.Sessions;

public class SessionKeyTests
{
    [Fact]
    public void A_key_is_256_random_bits_and_reads_back_to_its_id()
    {
        var (key, id) = SessionKey.New();
        key.Length.ShouldBe(43);
        SessionKey.TryRead(key, out var read).ShouldBeTrue();
        read.ShouldBe(id);
        SessionKey.New().Key.ShouldNotBe(key);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("rubbish")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("<script>alert(1)</script>aaaaaaaaaaaaaaaaaa")]
    public void Rubbish_is_no_key(string? cookie) => SessionKey.TryRead(cookie, out _).ShouldBeFalse();

    [Fact]
    public void An_id_prints_a_short_handle_only()
    {
        var (key, id) = SessionKey.New();
        $"{id}".Length.ShouldBe(16);
        id.Value.ShouldNotContain(key);
    }
}
