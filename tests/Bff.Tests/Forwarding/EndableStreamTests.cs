using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Bff.Forwarding;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

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
        inner.Come([.. Enumerable.Repeat((byte)1, 100)]);
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

    /// <summary>What comes to a read that was left behind may be more than is read at once of a head: none of it is lost.</summary>
    [Theory]
    [InlineData(nameof(CallKind.Grpc), new byte[] { 0, 0, 0, 1, 44 }, 3)]
    [InlineData(nameof(CallKind.WebSocket), new byte[] { 0x82, 126, 1, 44 }, 1)]
    [InlineData(nameof(CallKind.WebSocket), new byte[] { 0x82, 126, 1, 44 }, 3)]
    public async Task A_message_whose_head_was_half_read_is_finished(string kind, byte[] head, int before)
    {
        byte[] message = [.. head, .. new byte[300]];
        var call = new LongCall(new DefaultHttpContext(), Enum.Parse<CallKind>(kind), TimeSpan.FromMinutes(1), tokenExpiresAt: null, new FakeTimeProvider());
        var inner = new Reluctant(message[..before]);
        await using var stream = new EndableStream(inner, call);
        var buffer = new byte[1000];
        var read = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken);
        read.ShouldBe(before);
        using var leaving = new CancellationTokenSource();
        var leftBehind = stream.ReadAsync(buffer.AsMemory(read), leaving.Token).AsTask();

        call.Finish(CallEnd.Session);
        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(leftBehind);
        inner.Come([.. message[before..], 7, 7, 7]);   // of the next one

        while (read < message.Length)
        {
            var more = await stream.ReadAsync(buffer.AsMemory(read), TestContext.Current.CancellationToken);
            more.ShouldBePositive();
            read += more;
        }

        buffer[..read].ShouldBe(message);
        _ = await stream.ReadAsync(buffer.AsMemory(read), TestContext.Current.CancellationToken);
        buffer[read..].ShouldNotContain((byte)7);
    }

    /// <summary>The read that waits there would take the beginning of the next response: another user's.</summary>
    [Fact]
    public async Task A_connection_whose_response_was_ended_here_serves_no_further_call()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var upstream = new TcpListener(IPAddress.Loopback, 0);
        upstream.Start();
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var metrics = new CallMetrics(services.GetRequiredService<IMeterFactory>());
        var clients = new UpstreamClients(new(TimeProvider.System), metrics, NullLogger<ForwarderHttpClientFactory>.Instance);
        using var client = clients.CreateClient(new() { ClusterId = "api", NewConfig = HttpClientConfig.Empty });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{upstream.LocalEndpoint}/");
        var answering = client.SendAsync(request, cancellation);
        using var connection = await upstream.AcceptTcpClientAsync(cancellation);
        await using var there = connection.GetStream();
        await there.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray(), cancellation);
        using var response = await answering;
        var call = new LongCall(new DefaultHttpContext(), CallKind.EventStream, activityTimeout: null, tokenExpiresAt: null, TimeProvider.System);
        var stream = new EndableStream(await response.Content.ReadAsStreamAsync(cancellation), call);
        var waiting = stream.ReadAsync(Memory<byte>.Empty, cancellation);

        call.Finish(CallEnd.Session);
        await waiting;
        await stream.DisposeAsync();
        await Record.ExceptionAsync(() => there.WriteAsync("0\r\n\r\n"u8.ToArray(), cancellation).AsTask());   // it may be closed by now

        var ended = Record.ExceptionAsync(() => there.CopyToAsync(Stream.Null, cancellation));
        await ended.AsTask().WaitAsync(TimeSpan.FromSeconds(10), cancellation);
    }

    /// <summary>Has a beginning; then says that something is there to be read, and has nothing yet.</summary>
    private sealed class Reluctant(params byte[] beginning) : MemoryStream(beginning)
    {
        private readonly TaskCompletionSource<int> _reading = new();
        private Memory<byte> _buffer;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position < Length) { return base.ReadAsync(buffer, cancellationToken); }
            _buffer = buffer;
            return buffer.IsEmpty ? new(0) : new(_reading.Task);
        }

        public void Come(params byte[] bytes)
        {
            bytes.CopyTo(_buffer);
            _reading.SetResult(bytes.Length);
        }
    }
}
