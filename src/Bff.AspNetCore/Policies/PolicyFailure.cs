using Microsoft.AspNetCore.Authorization;

namespace Bff.Policies;

/// <summary>A caller whom a policy does not let pass.</summary>
/// <param name="handler">Who found it.</param>
/// <param name="name">Of the policy.</param>
/// <param name="policy">Null when the configuration has it no longer.</param>
/// <param name="lack">What they lack.</param>
internal sealed class PolicyFailure(IAuthorizationHandler handler, string name, Policy? policy, Shortfall lack)
    : AuthorizationFailureReason(handler, $"The policy '{name}' does not let this caller pass.")
{
    public string Name => name;

    public Policy? Policy => policy;

    public Shortfall Lack => lack;
}
