using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Bff.Benchmarks.Load;

/// <summary>One connection that is kept, one call after the other. Reads no more of a response than it must.</summary>
internal sealed class Http1Connection(int port, byte[][] requests, int first, int step, Schedule schedule, Phase phase, Tally tally)
{
    private readonly byte[] _buffer = new byte[128 * 1024];

    public async Task RunAsync()
    {
        var next = first;
        while (!phase.Over)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port);
                while (!phase.Over)
                {
                    var startedAt = await schedule.NextAsync();
                    var request = requests[next % requests.Length];
                    next += step;
                    await socket.SendAsync(request);
                    await ReceiveAsync(socket);
                    tally.Succeeded(startedAt);
                }
            }
            catch (Exception error) when (error is SocketException or IOException)
            {
                tally.Fail(error.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            }
        }
    }

    private async ValueTask ReceiveAsync(Socket socket)
    {
        var filled = 0;
        while (true)
        {
            var read = await socket.ReceiveAsync(_buffer.AsMemory(filled));
            if (read == 0) { throw new IOException("The connection was closed."); }
            filled += read;
            if (LeftAfter(_buffer.AsSpan(0, filled)) is not { } left) { continue; }
            while (left > 0)
            {
                var more = await socket.ReceiveAsync(_buffer);
                if (more == 0) { throw new IOException("The connection was closed within a response."); }
                left -= more;
            }

            return;
        }
    }

    /// <summary>How many bytes of the body are to come; null while the head is not complete.</summary>
    private static long? LeftAfter(ReadOnlySpan<byte> received)
    {
        var end = received.IndexOf("\r\n\r\n"u8);
        if (end < 0) { return null; }
        var head = received[..end];
        if (!head.StartsWith("HTTP/1.1 200"u8)) { throw new IOException(Encoding.Latin1.GetString(received)); }
        while (head.Length > 0)
        {
            var line = head.IndexOf("\r\n"u8) is >= 0 and var at ? head[..at] : head;
            head = head[Math.Min(line.Length + 2, head.Length)..];
            if (line.Length > 15 && (line[0] | 0x20) == 'c' && line[7] == '-' && line[14] == ':' && Ascii.EqualsIgnoreCase(line[..14], "content-length"u8)
                && Utf8Parser.TryParse(line[15..].TrimStart((byte)' '), out long length, out _))
            {
                return length - (received.Length - end - 4);
            }
        }

        throw new IOException("The response does not say how long it is: " + Encoding.Latin1.GetString(received[..end]));
    }
}
