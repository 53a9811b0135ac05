using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Bff.Benchmarks.Load;

/// <summary>
/// One connection of HTTP/2 without TLS, several calls at once. As a browser does, it says its headers once and refers to them from then on. Of a response it
/// reads the status and where it ends.
/// </summary>
internal sealed class Http2Connection(int port, Requests requests, int streams, int first, int step, Phase phase, Tally tally) : IDisposable
{
    private const byte Data = 0, Headers = 1, Reset = 3, Settings = 4, Ping = 6, GoAway = 7, WindowUpdate = 8;
    private const byte EndStream = 1, Acknowledged = 1, EndHeaders = 4, Padded = 8, Prioritised = 0x20;
    private const int FrameHead = 9, MaxWindow = int.MaxValue, UsualWindow = 65_535, ManyBytes = 1 << 29;

    private readonly byte[] _buffer = new byte[256 * 1024];
    private readonly Dictionary<int, long> _startedAt = [];
    private readonly MemoryStream _out = new();
    private byte[] _block = [];
    private int _nextStream = 1, _nextSession = first;
    private long _unacknowledged;

    public async Task RunAsync()
    {
        while (!phase.Over)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port);
                await ConverseAsync(socket);
            }
            catch (Exception error) when (error is SocketException or IOException)
            {
                tally.Fail(error.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            }
        }
    }

    private async Task ConverseAsync(Socket socket)
    {
        _startedAt.Clear();
        _out.SetLength(0);
        (_block, _nextStream, _unacknowledged) = ([], 1, 0);
        _out.Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        Write(Settings, 0, 0, [0, 2, 0, 0, 0, 0, 0, 4, 0x7f, 0xff, 0xff, 0xff]);   // no push, streams as long as they like
        WriteWindowUpdate(MaxWindow - UsualWindow);
        for (var stream = 0; stream < streams; stream++) { Call(); }
        var filled = 0;
        while (!phase.Over)
        {
            if (_out.Length > 0)
            {
                await socket.SendAsync(_out.GetBuffer().AsMemory(0, (int)_out.Length));
                _out.SetLength(0);
            }

            var read = await socket.ReceiveAsync(_buffer.AsMemory(filled));
            if (read == 0) { throw new IOException("The connection was closed."); }
            filled += read;
            var used = Take(_buffer.AsSpan(0, filled));
            _buffer.AsSpan(used, filled - used).CopyTo(_buffer);
            filled -= used;
        }
    }

    /// <summary>Takes the frames that have come whole.</summary>
    private int Take(ReadOnlySpan<byte> received)
    {
        var used = 0;
        while (received.Length - used >= FrameHead)
        {
            var head = received[used..];
            var length = (head[0] << 16) | (head[1] << 8) | head[2];
            if (head.Length < FrameHead + length) { break; }
            Take(head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head[5..]), head.Slice(FrameHead, length));
            used += FrameHead + length;
        }

        return used;
    }

    private void Take(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case Headers:
                if (!IsOk(flags, payload)) { tally.Fail("The status of a response was not 200."); }
                break;
            case Data when (_unacknowledged += payload.Length) > ManyBytes:
                WriteWindowUpdate((int)_unacknowledged);
                _unacknowledged = 0;
                break;
            case Settings when (flags & Acknowledged) == 0:
                Write(Settings, Acknowledged, 0, []);
                break;
            case Ping when (flags & Acknowledged) == 0:
                Write(Ping, Acknowledged, 0, payload);
                break;
            case Reset or GoAway:
                throw new IOException($"The server has ended {(type == Reset ? "a stream" : "the connection")}: {Convert.ToHexString(payload)}");
        }

        if (type is not (Headers or Data) || (flags & EndStream) == 0) { return; }
        if (_startedAt.Remove(stream, out var startedAt)) { tally.Succeeded(startedAt); }
        Call();
    }

    /// <summary>By the first field, which is the status; 200 has a number of its own (RFC 7541, appendix A). A new size of the table may stand before it.</summary>
    private static bool IsOk(byte flags, ReadOnlySpan<byte> payload)
    {
        const byte Status200 = 0x88;
        var at = ((flags & Padded) != 0 ? 1 : 0) + ((flags & Prioritised) != 0 ? 5 : 0);
        while ((payload[at] & 0xe0) == 0x20) { at++; }
        return payload[at] == Status200;
    }

    private void Call()
    {
        var stream = _nextStream;
        _nextStream += 2;
        var block = _block.Length > 0 ? _block : FirstBlock();
        if (_block.Length == 0) { _block = LaterBlock(); }
        var cookie = requests.Cookies.Count > 0 ? Cookie(requests.Cookies[_nextSession % requests.Cookies.Count]) : [];
        _nextSession += step;
        _startedAt[stream] = Stopwatch.GetTimestamp();
        Write(Headers, (byte)(EndHeaders | (requests.Body.Length == 0 ? EndStream : 0)), stream, [.. block, .. cookie]);
        if (requests.Body.Length > 0) { Write(Data, EndStream, stream, requests.Body); }
    }

    private byte[] FirstBlock()
    {
        using var block = new MemoryStream();
        WritePseudoHeaders(block);
        WriteLiteral(block, [0x44], requests.Path);        // :path, to be remembered
        WriteLiteral(block, [0x41], requests.Authority);   // :authority
        foreach (var (name, value) in requests.Headers)
        {
            block.WriteByte(0x40);
            WriteText(block, name);
            WriteText(block, value);
        }

        return block.ToArray();
    }

    /// <summary>What was said last is number 62.</summary>
    private byte[] LaterBlock()
    {
        using var block = new MemoryStream();
        WritePseudoHeaders(block);
        var known = requests.Headers.Count + 2;
        for (var at = known - 1; at >= 0; at--) { block.WriteByte((byte)(0x80 | (62 + at))); }
        return block.ToArray();
    }

    private void WritePseudoHeaders(MemoryStream block) => block.Write([requests.Method == "GET" ? (byte)0x82 : (byte)0x83, 0x86]);

    /// <summary>Never to be remembered, as browsers do with what is secret: number 32.</summary>
    private static byte[] Cookie(string value)
    {
        using var block = new MemoryStream();
        WriteLiteral(block, [0x1f, 32 - 15], value);
        return block.ToArray();
    }

    private static void WriteLiteral(MemoryStream block, ReadOnlySpan<byte> name, string value)
    {
        block.Write(name);
        WriteText(block, value);
    }

    /// <summary>Up to 253 characters.</summary>
    private static void WriteText(MemoryStream block, string text)
    {
        if (text.Length < 127) { block.WriteByte((byte)text.Length); }
        else { block.Write([127, (byte)(text.Length - 127)]); }
        block.Write(Encoding.ASCII.GetBytes(text));
    }

    private void WriteWindowUpdate(int bytes)
    {
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, bytes);
        Write(WindowUpdate, 0, 0, payload);
    }

    public void Dispose() => _out.Dispose();

    private void Write(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        Span<byte> head = stackalloc byte[FrameHead];
        BinaryPrimitives.WriteInt32BigEndian(head, (payload.Length << 8) | type);
        head[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(head[5..], stream);
        _out.Write(head);
        _out.Write(payload);
    }
}
