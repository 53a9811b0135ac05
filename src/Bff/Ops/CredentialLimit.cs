using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;

namespace Bff.Ops;

/// <summary>
/// Wrong credentials per address. Once spent, no further one is even compared until the minute is over, so that guessing is slow; requests without a credential
/// are refused anyway and cost nothing.
/// </summary>
internal sealed class CredentialLimit : IDisposable
{
    public const int PerMinute = 20;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly PartitionedRateLimiter<IPAddress> _failures = PartitionedRateLimiter.Create<IPAddress, IPAddress>(address => RateLimitPartition.GetFixedWindowLimiter(
        Network(address), _ => new() { PermitLimit = PerMinute, Window = Window, QueueLimit = 0 }));

    /// <returns>How long this address has to wait; null when it need not.</returns>
    public TimeSpan? RetryAfter(IPAddress? address)
    {
        using var lease = _failures.AttemptAcquire(address ?? IPAddress.None, permitCount: 0);
        return lease.IsAcquired ? null : lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : Window;
    }

    public void Failed(IPAddress? address) => _failures.AttemptAcquire(address ?? IPAddress.None).Dispose();

    public void Dispose() => _failures.Dispose();

    /// <summary>Who has one IPv6 address usually has all 2^64 of the network.</summary>
    private static IPAddress Network(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) { return address.MapToIPv4(); }
        if (address.AddressFamily != AddressFamily.InterNetworkV6) { return address; }
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new(bytes);
    }
}
