using System.ComponentModel.DataAnnotations;
using System.Net;
using Bff.Configuration;
using Bff.FrontEnds;

namespace Bff.Guard;

/// <summary>Where browsers reach Bff, and which proxies are in front of it (<c>Bff</c>).</summary>
internal sealed class ProxyOptions : IValidatableObject
{
    /// <summary>
    /// Bff's address as browsers see it: scheme, host, port, and a path when a proxy in front publishes Bff below one. Redirect URIs, the check of Bff's own
    /// origin and the only <c>Host</c> that is accepted come from it (RFC 9110 section 7.4), never from a request. Outside Development it is required, and
    /// https unless it names this machine; not required where Bff listens on loopback only and trusts no proxy. Without it only names of this machine are
    /// accepted. Default: none.
    /// </summary>
    [NeedsRestart]
    public string? PublicUrl { get; set; }

    /// <summary>
    /// Networks (CIDR) of reverse proxies whose <c>X-Forwarded-For</c>, <c>-Proto</c>, <c>-Host</c> and <c>-Prefix</c> count. Default: none.
    /// </summary>
    [NeedsRestart]
    public string[] TrustedProxies { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!string.IsNullOrEmpty(PublicUrl))
        {
            if (PublicAddress.Parse(PublicUrl) is not { } address)
            {
                yield return new("is not an address: write https://host[:port][/path], without user, query or trailing dot.", [nameof(PublicUrl)]);
            }
            else if (OwnPaths.Has(address.PathBase))
            {
                yield return new(
                    $"must not have the path {address.PathBase}, since {string.Join(", ", OwnPaths.Roots)} are paths of Bff itself.", [nameof(PublicUrl)]);
            }
        }

        foreach (var (index, network) in TrustedProxies.Index().Where(entry => !IPNetwork.TryParse(entry.Item, out _)))
        {
            yield return new(
                $"'{network}' is not a network: write CIDR: the proxy's own address such as 10.1.2.3/32, or its small network.",
                [$"{nameof(TrustedProxies)}:{index}"]);
        }
    }
}
