using System.ComponentModel.DataAnnotations;
using System.Net;
using Bff.Reload;
using Microsoft.Extensions.Options;

namespace Bff.Guard;

/// <summary>Where browsers reach us, and what stands in front of us (<c>Bff</c>).</summary>
internal sealed class ProxyOptions : IValidatableObject
{
    /// <summary>
    /// Our address as browsers see it: scheme, host, port, and a path when a proxy in front publishes us below one. Redirect URIs, the check of our own
    /// origin and the only host that is answered come from it (RFC 9110 section 7.4), never from a request. Required unless Bff listens on loopback only, or runs in
    /// Development; without it only names of this machine are answered. Default: none.
    /// </summary>
    [NeedsRestart]
    public string? PublicUrl { get; set; }

    /// <summary>Networks (CIDR) of reverse proxies whose <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c> count. Default: none.</summary>
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
                yield return new($"must not have the path {address.PathBase}, since {string.Join(", ", OwnPaths.Roots)} are paths of Bff itself.", [nameof(PublicUrl)]);
            }
        }

        foreach (var (index, network) in TrustedProxies.Index().Where(entry => !IPNetwork.TryParse(entry.Item, out _)))
        {
            yield return new($"'{network}' is not a network: write CIDR such as 10.0.0.0/8.", [$"{nameof(TrustedProxies)}:{index}"]);
        }
    }
}

/// <summary>Who can be reached from other machines has to be told the address; to take it from their requests would let them choose it.</summary>
/// <param name="listens">The addresses of the public port.</param>
/// <param name="development">Then nobody depends on what is refused.</param>
internal sealed class PublicUrlRequired(IReadOnlyList<string> listens, bool development) : IValidateOptions<ProxyOptions>
{
    public ValidateOptionsResult Validate(string? name, ProxyOptions options) =>
        development || !string.IsNullOrEmpty(options.PublicUrl) || listens.FirstOrDefault(CanBeReached) is not { } address
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"Bff:{nameof(ProxyOptions.PublicUrl)}: is required, since '{address}' can be reached from other machines. "
                + "Write the address that browsers use, such as https://app.example.com; redirect URIs and the host that is answered come from it.");

    private static bool CanBeReached(string listened)
    {
        try
        {
            var address = BindingAddress.Parse(listened);
            return address is { IsUnixPipe: false, IsNamedPipe: false } && !PublicAddress.IsLoopback(address.Host);
        }
        catch (FormatException)
        {
            return false;   // Kestrel will say what is wrong with it
        }
    }
}
