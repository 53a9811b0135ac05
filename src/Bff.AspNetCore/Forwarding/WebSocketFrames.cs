namespace Bff.Forwarding;

/// <summary>
/// Where one direction of a WebSocket is among its frames (RFC 6455 section 5.2): a frame of our own may come between two of them and nowhere else. Only the
/// heads are looked at; payloads are counted past.
/// </summary>
internal sealed class WebSocketFrames
{
    private const int ShortHead = 2, MaskKey = 4, CloseFrame = 8;

    private int _read;
    private int _headLength;
    private int _extended;
    private ulong _announced;
    private ulong _payload;

    /// <summary>A frame has ended, and the next one has not begun.</summary>
    public bool IsBetween => _read == 0 && _payload == 0;

    /// <summary>A close frame has begun.</summary>
    public bool HasClose { get; private set; }

    /// <summary>How many bytes can be read without taking any of the next frame.</summary>
    public int UpToTheEnd => _payload > 0 ? (int)Math.Min(_payload, int.MaxValue) : 1;

    public static bool IsClose(ReadOnlySpan<byte> frame) => !frame.IsEmpty && (frame[0] & 0x0F) == CloseFrame;

    public void Pass(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_payload == 0)
            {
                PassHead(bytes[0]);
                bytes = bytes[1..];
                continue;
            }

            var passed = (int)Math.Min(_payload, (ulong)bytes.Length);
            _payload -= (ulong)passed;
            bytes = bytes[passed..];
        }
    }

    private void PassHead(byte next)
    {
        switch (_read++)
        {
            case 0:
                HasClose |= (next & 0x0F) == CloseFrame;
                (_headLength, _extended) = (ShortHead, 0);
                return;
            case 1:
                Begin(next);
                break;
            case var at when at < ShortHead + _extended:
                _announced = (_announced << 8) | next;
                break;
        }

        if (_read == _headLength) { (_payload, _announced, _read) = (_announced, 0, 0); }
    }

    private void Begin(byte maskAndLength)
    {
        var length = maskAndLength & 0x7F;
        _extended = length switch { 126 => 2, 127 => 8, _ => 0 };
        _headLength = ShortHead + _extended + ((maskAndLength & 0x80) != 0 ? MaskKey : 0);
        _announced = _extended == 0 ? (ulong)length : 0;
    }
}
