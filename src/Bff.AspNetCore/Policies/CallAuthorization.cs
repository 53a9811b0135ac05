using System.Runtime.CompilerServices;
using Bff.Sessions.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Infrastructure;

namespace Bff.Policies;

/// <summary>
/// Whether a forwarded call may pass without being asked about: its endpoint wants nobody in particular, or somebody who is signed in, or whom policies of the
/// configuration let pass, and that is so. The framework's authorization, which makes its services anew for each call, decides all else, and responds where it
/// is no.
/// </summary>
/// <param name="policies">By name.</param>
/// <param name="judge">Of those that the configuration has.</param>
/// <param name="programDecides">The program around us has handlers or services of its own for it, which see everybody who wants to pass.</param>
internal sealed class CallAuthorization(IAuthorizationPolicyProvider policies, PolicyJudge judge, bool programDecides)
{
    private static readonly Rule AsTheFrameworkSays = new(IsForTheFramework: true, NeedsSomebody: true, []);

    private readonly ConditionalWeakTable<Endpoint, Rule> _rules = [];

    private sealed record Rule(bool IsForTheFramework, bool NeedsSomebody, string[] Policies);

    /// <summary>After the session has been read.</summary>
    public bool IsToBeAsked(HttpContext context)
    {
        if (context.GetEndpoint() is not { } endpoint) { return true; }
        var rule = _rules.GetValue(endpoint, RuleOf);
        if (rule.IsForTheFramework) { return true; }
        if (!rule.NeedsSomebody) { return false; }
        return rule.Policies.Length == 0 ? context.FindSession() is null && context.User.Identity is not { IsAuthenticated: true } : !LetPass(rule, context);
    }

    private bool LetPass(Rule rule, HttpContext context)
    {
        if (judge.CallerOf(context) is not { } caller) { return false; }
        foreach (var policy in rule.Policies)
        {
            if (judge.Judge(policy, caller).Lack != Shortfall.Nothing) { return false; }
        }

        return true;
    }

    private Rule RuleOf(Endpoint endpoint)
    {
        if (endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null) { return new(IsForTheFramework: false, NeedsSomebody: false, []); }

        if (programDecides || !policies.AllowsCachingPolicies) { return AsTheFrameworkSays; }

        // The provider's policies are in memory: nothing is waited for.
        var combining = AuthorizationPolicy.CombineAsync(
            policies, endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>(), endpoint.Metadata.GetOrderedMetadata<AuthorizationPolicy>());
        if (!combining.IsCompletedSuccessfully || endpoint.Metadata.GetOrderedMetadata<IAuthorizationRequirementData>().Count > 0)
        {
            return AsTheFrameworkSays;
        }

        if (combining.Result is not { } policy) { return new(IsForTheFramework: false, NeedsSomebody: false, []); }
        string[] named = [.. policy.Requirements.OfType<PolicyRequirement>().Select(requirement => requirement.Name)];
        var isOurs = policy.AuthenticationSchemes.Count == 0
            && policy.Requirements.All(requirement => requirement is DenyAnonymousAuthorizationRequirement or PolicyRequirement);
        return isOurs ? new(IsForTheFramework: false, NeedsSomebody: true, named) : AsTheFrameworkSays;
    }
}
