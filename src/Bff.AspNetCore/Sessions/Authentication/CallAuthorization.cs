using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Infrastructure;

namespace Bff.Sessions.Authentication;

/// <summary>
/// Whether a forwarded call may pass without being asked about: its endpoint wants nobody in particular, or somebody who is signed in, and somebody is. The
/// framework's authorization, which makes its services anew for each call, decides all else, and responds where it is no.
/// </summary>
internal sealed class CallAuthorization(IAuthorizationPolicyProvider policies)
{
    private readonly ConditionalWeakTable<Endpoint, StrongBox<Rule>> _rules = [];

    private enum Rule
    {
        Anybody,
        WhoeverIsSignedIn,
        AsTheFrameworkSays,
    }

    /// <summary>After the session has been read.</summary>
    public bool IsToBeAsked(HttpContext context)
    {
        if (context.GetEndpoint() is not { } endpoint) { return true; }
        return _rules.GetValue(endpoint, found => new(RuleOf(found))).Value switch
        {
            Rule.Anybody => false,
            Rule.WhoeverIsSignedIn => context.FindSession() is null && context.User.Identity is not { IsAuthenticated: true },
            _ => true,
        };
    }

    private Rule RuleOf(Endpoint endpoint)
    {
        if (endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null) { return Rule.Anybody; }

        // The provider's policies are in memory: nothing is waited for.
        var combining = AuthorizationPolicy.CombineAsync(
            policies, endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>(), endpoint.Metadata.GetOrderedMetadata<AuthorizationPolicy>());
        if (!combining.IsCompletedSuccessfully || endpoint.Metadata.GetOrderedMetadata<IAuthorizationRequirementData>().Count > 0)
        {
            return Rule.AsTheFrameworkSays;
        }

        return combining.Result is not { } policy ? Rule.Anybody
            : policy.AuthenticationSchemes.Count == 0 && policy.Requirements.All(requirement => requirement is DenyAnonymousAuthorizationRequirement)
            ? Rule.WhoeverIsSignedIn : Rule.AsTheFrameworkSays;
    }
}
