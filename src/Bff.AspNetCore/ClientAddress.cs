using System.Buffers.Binary;
using System.Net;

namespace Bff;

/// <summary>Who asks, as far as an address tells: the connection's, or what a trusted proxy says about it.</summary>
internal static class ClientAddress
{
    private const int Buckets = 1 << 14;

    /// <returns>Null on a Unix socket.</returns>
    public static IPAddress? Of(HttpContext context) =>
        context.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : context.Connection.RemoteIpAddress;

    /// <summary>What counts as one client: an IPv4 address, or the first 64 bits of an IPv6 address, which is what one customer has.</summary>
    public static byte[] NetworkOf(IPAddress address) => address.GetAddressBytes() is { Length: > 4 } bytes ? bytes[..8] : address.GetAddressBytes();

    /// <summary>
    /// A number for an IPv4 address or an IPv6 network of 64 bits, which is what one customer has. There are so many numbers and no more, so what is counted by
    /// them has a bound; which addresses share one is another matter in each process.
    /// </summary>
    public static int BucketOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        return (HashCode.Combine(length, BinaryPrimitives.ReadUInt64BigEndian(bytes)) & int.MaxValue) % Buckets;
    }
}
