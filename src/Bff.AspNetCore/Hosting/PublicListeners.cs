using System.Net;

namespace Bff.Hosting;

/// <summary>Where the public port listens, read before the ops port is added to the same settings.</summary>
internal sealed record PublicListeners(IReadOnlyList<string> Addresses)
{
    /// <summary>The first of them as somebody on this machine writes it.</summary>
    public string LocalUrl => Addresses.Select(Local).FirstOrDefault(url => url is not null) ?? Listening.DefaultAddress;

    private static string? Local(string listened)
    {
        try
        {
            var address = BindingAddress.Parse(listened);
            if (address.IsUnixPipe || address.IsNamedPipe) { return null; }
            var everywhere = address.Host is "*" or "+"
                || (IPAddress.TryParse(address.Host, out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any)));
            return new UriBuilder(address.Scheme, everywhere ? "localhost" : address.Host, address.Port).Uri.GetLeftPart(UriPartial.Authority);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
