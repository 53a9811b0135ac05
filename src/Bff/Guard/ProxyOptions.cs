using System.ComponentModel.DataAnnotations;
using System.Net;
using Bff.Reload;

namespace Bff.Guard;

/// <summary>What stands in front of us (<c>Bff</c>).</summary>
internal sealed class ProxyOptions : IValidatableObject
{
    /// <summary>Networks (CIDR) of reverse proxies whose <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c> count. Default: none.</summary>
    [NeedsRestart]
    public string[] TrustedProxies { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        TrustedProxies.Index().Where(entry => !IPNetwork.TryParse(entry.Item, out _))
            .Select(entry => new ValidationResult($"'{entry.Item}' is not a network: write CIDR such as 10.0.0.0/8.", [$"{nameof(TrustedProxies)}:{entry.Index}"]));
}
