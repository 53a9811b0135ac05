namespace Bff.Forwarding;

/// <summary>The small body of a request, kept as it is read, so that it can be sent once more when the API refuses the token of the first time.</summary>
internal sealed class KeptBody : Stream
{
    /// <summary>Bodies of up to so many bytes; a larger one is sent once.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Room is made as the body comes: who promises much and sends little costs little.</summary>
    private const int FirstRoom = 4096;

    private readonly Stream _body;
    private readonly int _length;
    private byte[] _kept = [];
    private int _read;
    private int _at;

    private KeptBody(Stream body, int length) => (_body, _length) = (body, length);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => _length;

    public override long Position
    {
        get => _at;
        set => throw new NotSupportedException();
    }

    /// <summary>Before its body is read.</summary>
    public static void Keep(HttpContext context)
    {
        var request = context.Request;
        if (request.ContentLength is > 0 and <= MaxBytes and var length && request.Body is not KeptBody)
        {
            request.Body = new KeptBody(request.Body, (int)length);
        }
    }

    /// <summary>It is read from the beginning again; what nobody has read yet follows.</summary>
    public void Rewind() => _at = 0;

    public override int Read(Span<byte> buffer) => _at < _read ? ReadKept(buffer) : Keep(buffer, _body.Read(buffer));

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_at < _read) { return ReadKept(buffer.Span); }   // none at all for who asks with an empty buffer whether there is something
        var count = await _body.ReadAsync(buffer, cancellationToken);
        return Keep(buffer.Span, count);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    private int ReadKept(Span<byte> buffer)
    {
        var count = Math.Min(_read - _at, buffer.Length);
        _kept.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    private int Keep(Span<byte> buffer, int count)
    {
        var read = _read + count;   // the server lets no more through than Content-Length says
        if (read > _kept.Length) { Array.Resize(ref _kept, Math.Max(read, Math.Min(_length, Math.Max(FirstRoom, 2 * _kept.Length)))); }
        buffer[..count].CopyTo(_kept.AsSpan(_read));
        _read = read;
        _at = _read;
        return count;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
