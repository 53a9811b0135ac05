using Microsoft.AspNetCore.Authorization;

namespace Bff.Policies;

/// <summary>What the framework holds of a policy: its name. What it asks for may change, and counts at once.</summary>
internal sealed class PolicyRequirement(string name) : IAuthorizationRequirement
{
    public string Name => name;

    public override string ToString() => $"Bff:Policies:{name}";
}
