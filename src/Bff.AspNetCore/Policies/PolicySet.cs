using System.Collections.Frozen;
using Bff.Configuration;
using Microsoft.Extensions.Primitives;

namespace Bff.Policies;

/// <summary>The policies of the configuration in use, from the very moment that a reload puts it to use: its routes may name new ones.</summary>
internal sealed class PolicySet(AcceptedConfiguration accepted)
{
    private volatile Known? _known;

    /// <param name="Version">Another after each change.</param>
    /// <param name="Policies">By name.</param>
    private sealed record Known(IChangeToken Version, FrozenDictionary<string, Policy> Policies);

    /// <returns>Null when there is none of this name.</returns>
    public Policy? Find(string name)
    {
        var version = accepted.Root.GetReloadToken();
        if (_known is not { } known || known.Version != version) { _known = known = new(version, Read()); }
        return known.Policies.GetValueOrDefault(name);
    }

    private FrozenDictionary<string, Policy> Read() => accepted.Root.GetSection(RouteCheck.PolicySection).GetChildren()
        .Select(section => new Policy(section.Key, section.Get<PolicyOptions>() ?? new()))
        .ToFrozenDictionary(policy => policy.Name, StringComparer.OrdinalIgnoreCase);
}
