using System.Collections.Concurrent;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace Bff.Policies;

/// <summary>Finds a policy that code has registered, and else one of the configuration.</summary>
internal sealed class PolicyProvider(PolicySet policies, IOptions<AuthorizationOptions> options) : DefaultAuthorizationPolicyProvider(options)
{
    private readonly ConcurrentDictionary<string, AuthorizationPolicy> _made = new(StringComparer.Ordinal);   // names of the configuration and of code

    /// <summary>A policy that was handed out once stays the same: it is a name.</summary>
    public override bool AllowsCachingPolicies => true;

    public override async Task<AuthorizationPolicy?> GetPolicyAsync(string policyName) =>
        await base.GetPolicyAsync(policyName) ?? (policies.Find(policyName) is { } found ? _made.GetOrAdd(found.Name, Make) : null);

    private static AuthorizationPolicy Make(string name) =>
        new AuthorizationPolicyBuilder().RequireAuthenticatedUser().AddRequirements(new PolicyRequirement(name)).Build();
}
