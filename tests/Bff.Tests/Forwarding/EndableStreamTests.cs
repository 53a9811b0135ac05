using System.Text;
using Bff.Forwarding;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace Bff.Tests.Forwarding;

public sealed class EndableStreamTests
{
    /// <summary>Between the word that it ends and its being cut, who reads on must find no end: it would be taken for that of the whole response.</summary>
    [Fact]
    public async Task What_is_to_be_cut_has_no_end_before()
    {
        var call = new LongCall(new DefaultHttpContext(), CallKind.Opaque, TimeSpan.FromMinutes(1), tokenExpiresAt: null, new FakeTimeProvider());
        await using var stream = new EndableStream(new MemoryStream("the rest"u8.ToArray()), call);

        call.Finish(CallEnd.Session);

        (await stream.ReadAsync(new byte[100], TestContext.Current.CancellationToken)).ShouldBe(8);
    }

    /// <summary>What comes too late is written nowhere that has been given back.</summary>
    [Fact]
    public async Task A_read_that_waits_for_nothing_does_not_keep_an_end_waiting()
    {
        var call = new LongCall(new DefaultHttpContext(), CallKind.WebSocket, TimeSpan.FromMinutes(1), tokenExpiresAt: null, new FakeTimeProvider());
        var inner = new Reluctant();
        await using var stream = new EndableStream(inner, call);
        var buffer = new byte[100];
        var reading = stream.ReadAsync(buffer, TestContext.Current.CancellationToken);

        call.Finish(CallEnd.Session);

        (await reading).ShouldBe(17);
        Encoding.ASCII.GetString(buffer, 4, 13).ShouldBe("session_ended");
        inner.Come(100);
        buffer[99].ShouldBe((byte)0);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(100)]
    [InlineData(305)]
    public async Task A_gRPC_call_ends_after_a_whole_message(int read)
    {
        byte[] message = [0, 0, 0, 1, 44, .. new byte[300]];
        var call = new LongCall(new DefaultHttpContext(), CallKind.Grpc, TimeSpan.FromMinutes(1), tokenExpiresAt: null, new FakeTimeProvider());
        await using var stream = new EndableStream(new MemoryStream([.. message, .. message]), call);
        var buffer = new byte[1000];
        await stream.ReadExactlyAsync(buffer, 0, read, TestContext.Current.CancellationToken);

        call.Finish(CallEnd.Session);

        for (int more; (more = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken)) > 0;) { read += more; }
        read.ShouldBe(305);
    }

    /// <summary>Says that something is there to be read, and has nothing yet.</summary>
    private sealed class Reluctant : MemoryStream
    {
        private readonly TaskCompletionSource<int> _reading = new();
        private Memory<byte> _buffer;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _buffer = buffer;
            return buffer.IsEmpty ? new(0) : new(_reading.Task);
        }

        public void Come(int bytes)
        {
            _buffer.Span[..bytes].Fill(1);
            _reading.SetResult(bytes);
        }
    }
}
