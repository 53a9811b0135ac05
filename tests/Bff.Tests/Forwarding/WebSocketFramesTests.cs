using Bff.Forwarding;

namespace Bff.Tests.Forwarding;

public class WebSocketFramesTests
{
    /// <summary>A text, an empty ping, a binary of 300 bytes, one of 70,000 with a mask, and a close frame.</summary>
    private static readonly byte[] Conversation =
    [
        0x81, 2, .. "hi"u8, 0x89, 0, 0x82, 126, 1, 44, .. new byte[300],
        0x82, 0x80 | 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70, 1, 2, 3, 4, .. new byte[70_000], 0x88, 2, 3, 0xE8,
    ];

    private static readonly int[] Ends = [4, 6, 6 + 304, 6 + 304 + 70_014, 6 + 304 + 70_014 + 4];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(64)]
    [InlineData(65_536)]
    [InlineData(100_000)]
    public void Frames_are_told_apart_however_they_come_in_pieces(int piece)
    {
        var frames = new WebSocketFrames();
        for (var at = 0; at < Conversation.Length;)
        {
            var size = Math.Min(piece, Conversation.Length - at);
            frames.Pass(Conversation.AsSpan(at, size));
            at += size;
            frames.IsBetween.ShouldBe(Ends.Contains(at), $"after {at} bytes");
            frames.HasClose.ShouldBe(at > Ends[^2], $"after {at} bytes");
        }
    }

    [Fact]
    public void What_is_read_up_to_the_end_takes_nothing_of_the_next_frame()
    {
        var frames = new WebSocketFrames();
        var at = 0;
        foreach (var end in Ends)
        {
            do
            {
                var size = Math.Min(frames.UpToTheEnd, Conversation.Length - at);
                frames.Pass(Conversation.AsSpan(at, size));
                at += size;
            }
            while (!frames.IsBetween);
            at.ShouldBe(end);
        }
    }
}
