using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Bff.HostTests;

/// <summary>A WebSocket of a program that hears and does as it likes: it answers no close frame.</summary>
internal sealed class RawSocket : IAsyncDisposable
{
    private readonly TcpClient _client;
    private readonly NetworkStream _stream;
    private readonly StringBuilder _seen = new();

    private RawSocket(TcpClient client) => (_client, _stream) = (client, client.GetStream());

    public static async Task<RawSocket> OpenAsync(Browser browser, Uri bff, string path)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, bff.Port);
        var socket = new RawSocket(client);
        await socket._stream.WriteAsync(Encoding.Latin1.GetBytes(
            $"GET {path} HTTP/1.1\r\nHost: {bff.Authority}\r\nOrigin: {Browser.SpaOrigin}\r\nCookie: {browser.Cookies.HeaderFor("localhost")}\r\n"
            + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
        (await RawClient.ReadHeadAsync(socket._stream)).ShouldStartWith("HTTP/1.1 101");
        return socket;
    }

    /// <summary>One masked binary frame (RFC 6455 section 5.3) of less than 126 bytes; the mask is of zeros.</summary>
    public static byte[] Frame(string text) => [0x82, (byte)(0x80 | text.Length), 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(text)];

    /// <summary>Code 1000.</summary>
    public Task SendCloseAsync() => SendAsync([0x88, 0x82, 0, 0, 0, 0, 3, 0xE8]);

    public Task SendAsync(byte[] bytes) => _stream.WriteAsync(bytes).AsTask();

    public async Task SeesAsync(string text)
    {
        var buffer = new byte[256];
        while (!_seen.ToString().Contains(text, StringComparison.Ordinal))
        {
            var read = await _stream.ReadAsync(buffer).AsTask().WaitAsync(Eventually.Deadline, TimeProvider.System);
            read.ShouldBeGreaterThan(0, _seen.ToString());
            _seen.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
    }

    /// <summary>The connection ends in order, not by a reset.</summary>
    public async Task SeesEndAsync() =>
        (await _stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Eventually.Deadline, TimeProvider.System)).ShouldBe(0);

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _client.Dispose();
    }
}
