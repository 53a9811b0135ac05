using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Bff.Hosting;
using Bff.Ops.Health;
using Bff.Ops.Telemetry;
using Bff.Sessions.Store;
using Microsoft.Extensions.Options;

namespace Bff.Ops.Live;

/// <summary>What the others are told of this node.</summary>
internal sealed class ThisNode(Readiness readiness, IOptions<OpsOptions> ops) : IConfigureOptions<NodeDescription>
{
    public void Configure(NodeDescription options)
    {
        var address = OpsOptions.Parse(ops.Value.Url)!;
        options.Name = NodeName.At(ops.Value.Url);
        options.Version = BuildInfo.Read().Version;
        options.Url = string.IsNullOrEmpty(ops.Value.NodeUrl) ? UrlOf(address) : ops.Value.NodeUrl;
        options.IsReady = () => readiness.IsReady;
    }

    /// <summary>By address, which the ops port accepts whatever its names are. Null where it listens on loopback only.</summary>
    private static string? UrlOf(BindingAddress address)
    {
        var isIp = IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip);
        var isLoopback = isIp ? IPAddress.IsLoopback(ip!) : string.Equals(address.Host, "localhost", StringComparison.OrdinalIgnoreCase);
        if (address.Port == 0 || isLoopback) { return null; }
        var everywhere = address.Host is "*" or "+" || ip?.Equals(IPAddress.Any) == true || ip?.Equals(IPAddress.IPv6Any) == true;
        return (everywhere ? OwnAddress() : address.Host) is { } host ? $"{address.Scheme}://{host}:{address.Port}" : null;
    }

    private static string? OwnAddress() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(network => network.OperationalStatus == OperationalStatus.Up && network.NetworkInterfaceType != NetworkInterfaceType.Loopback)
        .SelectMany(network => network.GetIPProperties().UnicastAddresses)
        .Select(unicast => unicast.Address)
        .FirstOrDefault(own => own.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(own))?.ToString();
}
