using System.Net;
using System.Net.Sockets;
using Bff.Configuration;
using Bff.Forwarding;
using Bff.FrontEnds;
using Bff.Gateway;
using Bff.Guard;
using Bff.Ops;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;
using IPNetwork = System.Net.IPNetwork;

namespace Bff.Commands.Check;

/// <summary>What is allowed and seldom meant: tokens in clear text, certificates that nobody checks, routes that reach over our own paths.</summary>
internal sealed class RouteChecks(
    IEnumerable<IProxyConfigProvider> configurations, IOptions<OpsOptions> ops, IOptions<GatewayOptions> gateway, IOptions<ProxyOptions> proxy,
    AcceptedConfiguration accepted, FrontEndSet frontEnds, IHostEnvironment environment)
{
    /// <summary>More addresses than anybody has proxies, as bits of the network's prefix.</summary>
    private const int WidestIPv4 = 16, WidestIPv6 = 48;

    public IReadOnlyList<Finding> Run() =>
    [
        .. Destinations(), .. UncheckedCertificates(), .. Overlaps(), .. Hidden(), .. Pageless(), .. Open(), .. NeverLedToSignIn(), .. OpsPort(),
        .. GatewayPort(), .. WideProxies(),
    ];

    private IEnumerable<ClusterConfig> Clusters => configurations.SelectMany(provider => provider.GetConfig().Clusters);

    private IEnumerable<RouteConfig> Routes => configurations.SelectMany(provider => provider.GetConfig().Routes);

    private IEnumerable<Finding> Destinations() =>
        from cluster in Clusters
        where Routes.Any(route => route.ClusterId == cluster.ClusterId && SendsToken(route))
        from destination in cluster.Destinations ?? new Dictionary<string, DestinationConfig>()
        let address = destination.Value.Address
        where address.StartsWith("http:", StringComparison.OrdinalIgnoreCase) && !IsLoopback(address)
        select new Finding("clear text", Result.Warning,
            $"ReverseProxy:Clusters:{cluster.ClusterId}:Destinations:{destination.Key}:Address: access tokens go to {Printable.Address(address)} over plain "
            + "http (RFC 6750 section 5.3).",
            "Use https, unless everybody who can reach that network may have the tokens.");

    private IEnumerable<Finding> UncheckedCertificates() =>
        from cluster in environment.IsDevelopment() ? [] : Clusters
        where cluster.HttpClient?.DangerousAcceptAnyServerCertificate == true
        select new Finding("certificates", Result.Warning,
            $"ReverseProxy:Clusters:{cluster.ClusterId}:HttpClient:DangerousAcceptAnyServerCertificate: whoever pretends to be the API gets its calls and "
            + "tokens.",
            "Remove it, and let this machine trust the authority that issued the API's certificate (SSL_CERT_FILE, or the system's store).");

    private IEnumerable<Finding> Overlaps() =>
        from route in Routes
        where route.Order != int.MaxValue
        let own = OwnPaths.CoveredBy(route.Match.Path).ToList()
        where own.Count > 0
        select new Finding("routes", Result.Warning,
            $"ReverseProxy:Routes:{route.RouteId}:Match:Path: '{route.Match.Path}' also matches {string.Join(", ", own)}, which Bff handles itself.",
            "Those paths never reach the API. Give the route a path of its own, such as /api/{**rest}, if that was not intended.");

    /// <summary>Who asks below the path of a front end asks that front end.</summary>
    private IEnumerable<Finding> Hidden() =>
        from frontEnd in frontEnds.Named
        where frontEnd.PathBase.HasValue && frontEnd.Hosts.Count == 0
        from route in Routes
        where (route.Metadata?.GetValueOrDefault(FrontEndsFeature.RouteMetadata) ?? FrontEnd.DefaultName) == FrontEnd.DefaultName
        let plain = "/" + (route.Match.Path ?? "").Split('{')[0].Trim('/')
        where new PathString(plain).StartsWithSegments(frontEnd.PathBase)
        select new Finding("routes", Result.Warning,
            $"{frontEnd.Section}:PathBase: what is below {frontEnd.PathBase} is this front end's, so '{route.Match.Path}' of ReverseProxy:Routes:{route.RouteId} "
            + "is out of reach for the front end without a name.",
            "Give the front end another path, or the route.");

    private IEnumerable<Finding> Pageless() =>
        from frontEnd in frontEnds.Named
        where string.IsNullOrEmpty(frontEnd.Url) && frontEnd.Origins.Count == 0
            && !Routes.Any(route => route.Metadata?.GetValueOrDefault(FrontEndsFeature.RouteMetadata) == frontEnd.Name)
        select new Finding("front ends", Result.Warning,
            $"{frontEnd.Section}: has neither Url nor Origins, so Bff serves no page there and no other origin may call it.",
            "Set one of them, unless a proxy in front serves the page at the same address.");

    private IEnumerable<Finding> Open() =>
        from route in OpenRoutes.In(accepted.Root)
        select new Finding(
            "routes",
            Result.Warning,
            $"{route}: has neither an AuthorizationPolicy nor a Bff.Token: anybody may call it.",
            "If that is intended, set AuthorizationPolicy: anonymous.");

    private IEnumerable<Finding> NeverLedToSignIn() =>
        from route in Routes
        where CsrfModes.Read(route.Metadata) == CsrfMode.Navigation && ServesEverybody(route)
        select new Finding(
            "routes",
            Result.Warning,
            $"ReverseProxy:Routes:{route.RouteId}:Metadata:{CsrfModes.MetadataKey}: nobody is ever led to sign in, since the route serves everybody.",
            "Give it AuthorizationPolicy: default, or Bff.Token: User.");

    private IEnumerable<Finding> OpsPort()
    {
        var options = ops.Value;
        if (options.Url.StartsWith("http:", StringComparison.OrdinalIgnoreCase) && !IsLoopback(options.Url) && !string.IsNullOrEmpty(options.Token))
        {
            yield return new("clear text", Result.Warning,
                $"Bff:Ops:Url: the operators' token goes to {Printable.Address(options.Url)} over plain http (RFC 6750 section 5.3).",
                "Use https with Kestrel:Endpoints:Ops:Certificate, or keep the port in a network that only operators can reach.");
        }
    }

    private IEnumerable<Finding> GatewayPort()
    {
        if (gateway.Value.Url is { } url && url.StartsWith("http:", StringComparison.OrdinalIgnoreCase) && !IsLoopback(url))
        {
            yield return new("clear text", Result.Warning,
                $"Bff:Gateway:Url: the gateway's token and the users' access tokens go over plain http at {Printable.Address(url)} (RFC 6750 section 5.3).",
                "Use https with Kestrel:Endpoints:Gateway:Certificate, unless everybody who can reach that network may have the tokens.");
        }
    }

    /// <summary>Whoever is in such a network can pretend to be any client.</summary>
    private IEnumerable<Finding> WideProxies() =>
        from network in proxy.Value.TrustedProxies.Index()
        let parsed = IPNetwork.Parse(network.Item)
        where parsed.PrefixLength < (parsed.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? WidestIPv4 : WidestIPv6)
        select new Finding("proxies", Result.Warning,
            $"Bff:TrustedProxies:{network.Index}: everybody in {parsed} may say which address a request comes from.",
            "Write the proxy's own address (/32, or /128), or its small network.");

    private static bool SendsToken(RouteConfig route) =>
        TokenPolicies.TryRead(route.Metadata, out var policy) && policy != TokenPolicy.None;

    private static bool ServesEverybody(RouteConfig route) =>
        TokenPolicies.TryRead(route.Metadata, out var policy) && policy is TokenPolicy.None or TokenPolicy.UserOrNone
        && (string.IsNullOrEmpty(route.AuthorizationPolicy) || string.Equals(route.AuthorizationPolicy, "anonymous", StringComparison.OrdinalIgnoreCase));

    private static bool IsLoopback(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && (uri.IsLoopback || (IPAddress.TryParse(uri.Host, out var ip) && IPAddress.IsLoopback(ip)));
}
