namespace Bff.Forwarding;

/// <summary>
/// Where a gRPC response is among its messages (gRPC over HTTP2, Length-Prefixed-Message): a client that finds half of one looks at no status.
/// </summary>
internal sealed class GrpcMessages
{
    /// <summary>A flag, and four bytes for the length.</summary>
    private const int HeadLength = 5;

    private int _read;
    private uint _announced;
    private uint _left;

    /// <summary>A message has ended, and the next one has not begun.</summary>
    public bool IsBetween => _read == 0 && _left == 0;

    /// <summary>How many bytes can be read without taking any of the next message.</summary>
    public int UpToTheEnd => _left > 0 ? (int)Math.Min(_left, int.MaxValue) : HeadLength - _read;

    public void Pass(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_left == 0)
            {
                PassHead(bytes[0]);
                bytes = bytes[1..];
                continue;
            }

            var passed = (int)Math.Min(_left, (uint)bytes.Length);
            _left -= (uint)passed;
            bytes = bytes[passed..];
        }
    }

    private void PassHead(byte next)
    {
        if (_read++ > 0) { _announced = (_announced << 8) | next; }
        if (_read == HeadLength) { (_left, _announced, _read) = (_announced, 0, 0); }
    }
}
