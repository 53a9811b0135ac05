using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Bff.Forwarding;

/// <summary>
/// What comes from an upstream for as long as it comes, and of a WebSocket also what goes there. When the call is to end, the reader finds the end its protocol
/// has: nothing more, or a close frame, then nothing more once the caller has closed, too. YARP then completes the response as it would for an upstream that
/// ended it.
/// </summary>
/// <remarks>
/// YARP waits for data without a buffer and reads then. That wait may be over though nothing came, and the read waits. Either is left behind at an end: so a
/// read has a buffer of its own, and none is written to that has gone back to YARP's pool.
/// </remarks>
internal sealed class EndableStream(Stream inner, LongCall call) : Stream
{
    private const byte FinalClose = 0x88;
    private const int HeadAndCode = 4;

    private readonly WebSocketFrames? _toCaller = call.Kind == CallKind.WebSocket ? new() : null;
    private readonly WebSocketFrames? _toUpstream = call.Kind == CallKind.WebSocket ? new() : null;
    private readonly GrpcMessages? _messages = call.Kind == CallKind.Grpc ? new() : null;
    private Task<int>? _leftBehind;

    /// <summary>What a read writes to that was left behind.</summary>
    private byte[]? _apart;

    /// <summary>How much of that has been passed on.</summary>
    private int _apartAt;
    private bool _closeSent;

    /// <summary>Whether the upstream has half of a frame whose rest it will not get; null before the call ends.</summary>
    private bool? _hasHalf;
    private bool _isLeaving;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => inner.CanWrite;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (call.IsTold) { return buffer.IsEmpty ? new(0) : EndAsync(buffer, cancellationToken); }
        if (!buffer.IsEmpty && call.Kind != CallKind.Opaque) { return ReadApartAsync(buffer, cancellationToken); }
        var reading = inner.ReadAsync(buffer, cancellationToken);
        if (reading.IsCompletedSuccessfully) { return new(Passed(buffer, reading.Result)); }
        return call.Kind == CallKind.Opaque ? ReadAsync(reading, buffer) : WaitAsync(reading.AsTask());
    }

    private async ValueTask<int> ReadApartAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var apart = ArrayPool<byte>.Shared.Rent(buffer.Length);
        var reading = inner.ReadAsync(apart.AsMemory(0, buffer.Length), cancellationToken);
        if (reading.IsCompletedSuccessfully) { return Take(apart, reading.Result, buffer); }
        var waiting = reading.AsTask();
        if (await Task.WhenAny(waiting, call.Ending) == waiting) { return Take(apart, await waiting, buffer); }
        LeaveBehind(waiting);
        _apart = apart;
        return await EndAsync(buffer, cancellationToken);
    }

    private int Take(byte[] apart, int read, Memory<byte> buffer)
    {
        apart.AsSpan(0, read).CopyTo(buffer.Span);
        ArrayPool<byte>.Shared.Return(apart);
        return Passed(buffer, read);
    }

    private void LeaveBehind(Task<int> reading)
    {
        _leftBehind = reading;
        _ = reading.ContinueWith(static left => left.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    private async ValueTask<int> ReadAsync(ValueTask<int> reading, Memory<byte> buffer) => Passed(buffer, await reading);

    private async ValueTask<int> WaitAsync(Task<int> reading)
    {
        if (await Task.WhenAny(reading, call.Ending) == reading) { return await reading; }
        LeaveBehind(reading);
        return 0;
    }

    private int Passed(Memory<byte> buffer, int read)
    {
        if (read == 0) { return 0; }
        _toCaller?.Pass(buffer.Span[..read]);
        _messages?.Pass(buffer.Span[..read]);
        call.Use();
        return read;
    }

    private async ValueTask<int> EndAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_toCaller is null)
        {
            if (_messages is { IsBetween: false }) { return await ReadOnAsync(buffer, _messages.UpToTheEnd, cancellationToken); }
            call.SayStatus();
            return 0;
        }

        if (_closeSent)
        {
            await call.WaitForLeaveAsync().WaitAsync(cancellationToken);
            return 0;
        }

        if (_toCaller.IsBetween && !_toCaller.HasClose)
        {
            _closeSent = true;
            return WriteClose(buffer.Span, call.End!);
        }

        // The rest of a frame; or of a conversation whose upstream has closed it already.
        return await ReadOnAsync(buffer, _toCaller.HasClose ? buffer.Length : _toCaller.UpToTheEnd, cancellationToken);
    }

    private async ValueTask<int> ReadOnAsync(Memory<byte> buffer, int most, CancellationToken cancellationToken)
    {
        if (_leftBehind is { } waiting)
        {
            var came = await waiting.WaitAsync(cancellationToken);
            if (_apart is { } apart) { return TakeSome(apart, came, buffer[..Math.Min(most, buffer.Length)]); }
            _leftBehind = null;
        }

        return Passed(buffer, await inner.ReadAsync(buffer[..Math.Min(most, buffer.Length)], cancellationToken));
    }

    private int TakeSome(byte[] apart, int came, Memory<byte> buffer)
    {
        var taken = Math.Min(came - _apartAt, buffer.Length);
        apart.AsSpan(_apartAt, taken).CopyTo(buffer.Span);
        _apartAt += taken;
        if (_apartAt == came)
        {
            (_leftBehind, _apart) = (null, null);
            ArrayPool<byte>.Shared.Return(apart);
        }

        return Passed(buffer, taken);
    }

    /// <summary>RFC 6455 sections 5.5.1 and 7.4.</summary>
    private static int WriteClose(Span<byte> buffer, CallEnd end)
    {
        var length = Encoding.UTF8.GetBytes(end.Code, buffer[HeadAndCode..]);
        (buffer[0], buffer[1]) = (FinalClose, (byte)(sizeof(ushort) + length));
        BinaryPrimitives.WriteUInt16BigEndian(buffer[2..], (ushort)end.WebSocket);
        return HeadAndCode + length;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var isBetween = _toUpstream?.IsBetween == true;
        _toUpstream?.Pass(buffer.Span);
        if (call.End is null)
        {
            call.Use();
            if (HasCallerClosed) { call.Leave(); }
            return inner.WriteAsync(buffer, cancellationToken);
        }

        // Nothing of it is the caller's to send any more but its close frame, which takes leave of the upstream as well; not where that has half of a frame.
        _hasHalf ??= !isBetween;
        _isLeaving |= _hasHalf == false && isBetween && WebSocketFrames.IsClose(buffer.Span);
        return LeaveAsync(_isLeaving ? buffer : default, cancellationToken);
    }

    /// <summary>Its close frame has come whole: what is left unread when the connection ends would make a reset of its end.</summary>
    private bool HasCallerClosed => _toUpstream is { HasClose: true, IsBetween: true };

    private async ValueTask LeaveAsync(ReadOnlyMemory<byte> close, CancellationToken cancellationToken)
    {
        try
        {
            if (close.IsEmpty) { return; }
            await inner.WriteAsync(close, cancellationToken);
            await inner.FlushAsync(cancellationToken);
        }
        finally
        {
            if (HasCallerClosed) { call.Leave(); }
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) { inner.Dispose(); }
        base.Dispose(disposing);
    }
}
