using System.Net;

namespace Bff.FrontEnds;

/// <summary>Where browsers find us (<c>Bff:PublicUrl</c>). What a request says about it is compared with this, and never believed.</summary>
/// <param name="Scheme"><c>http</c> or <c>https</c>.</param>
/// <param name="Host">Name, and port unless it is the scheme's own; ready for a <c>Host</c> header.</param>
/// <param name="PathBase">The path under which a proxy in front publishes us; empty for the root.</param>
internal sealed record PublicAddress(string Scheme, HostString Host, PathString PathBase)
{
    private const string Localhost = "localhost";

    /// <summary>As patterns of the framework.</summary>
    public static readonly string[] LoopbackHosts = [Localhost, "*." + Localhost, "127.0.0.1", "[::1]"];

    public int Port => Host.Port ?? PortOf(Scheme);

    /// <returns>Null when the text is no address of a site.</returns>
    public static PublicAddress? Parse(string? url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")) { return null; }
        if (uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0 || uri.Host.EndsWith('.') || uri.Port == 0
            || AsciiHost(uri) is not { } name)
        {
            return null;
        }
        return new(
            uri.Scheme, uri.IsDefaultPort ? new HostString(name) : new HostString(name, uri.Port), PathString.FromUriComponent(uri.AbsolutePath.TrimEnd('/')));
    }

    /// <summary>A host of a front end, which is reached by this port where it names none. Browsers leave a scheme's own port out, in redirect URIs, too.</summary>
    public static PublicAddress At(string scheme, HostString host, int? port, PathString pathBase)
    {
        port = host.Port ?? port;
        return new(scheme, port is { } said && said != PortOf(scheme) ? new HostString(host.Host, said) : new HostString(host.Host), pathBase);
    }

    /// <summary>Where browsers find a front end: at each of its hosts, or below this address.</summary>
    public IEnumerable<PublicAddress> Of(FrontEnd frontEnd) => frontEnd.Hosts.Count == 0
        ? [this with { PathBase = PathBase + frontEnd.PathBase }]
        : frontEnd.Hosts.Select(host => At(Scheme, host, Host.Port, frontEnd.PathBase));

    /// <summary>Without a slash at the end.</summary>
    public override string ToString() => $"{Scheme}://{Host}{PathBase}";

    /// <summary>The scheme's own.</summary>
    public static int PortOf(string scheme) => scheme == Uri.UriSchemeHttps ? 443 : 80;

    /// <returns>The host as a <c>Host</c> header spells it, an IPv6 address with its brackets; null for a name that has no such spelling (RFC 5891 section
    /// 4).</returns>
    public static string? AsciiHost(Uri uri)
    {
        try
        {
            return uri.HostNameType == UriHostNameType.IPv6 ? uri.Host : uri.IdnHost;
        }
        catch (UriFormatException)
        {
            return null;   // Uri takes any letter into a host, and looks at it only here
        }
    }

    /// <summary>
    /// The name has to be ours, letter by letter but for case: to a browser a trailing dot is another site, with other cookies. The port may be left out, as
    /// some proxies do; a wrong one is another address.
    /// </summary>
    public bool IsAskedBy(HostString host) => IsSameName(host.Host, Host.Host) && (host.Port is not { } port || port == Port);

    /// <summary>A name that no resolver can point elsewhere (RFC 6761 section 6.3), or an address of this machine.</summary>
    public static bool IsLoopback(string host) =>
        string.Equals(host, Localhost, StringComparison.OrdinalIgnoreCase) || host.EndsWith("." + Localhost, StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out var ip) && IPAddress.IsLoopback(ip));

    private static bool IsSameName(string a, string b) =>
        string.Equals(a, b, StringComparison.OrdinalIgnoreCase)
        || (a.StartsWith('[') && IPAddress.TryParse(a, out var asked) && IPAddress.TryParse(b, out var ours) && asked.Equals(ours));
}
