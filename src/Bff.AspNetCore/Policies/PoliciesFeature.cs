using Bff.Configuration;
using Microsoft.AspNetCore.Authorization;

namespace Bff.Policies;

internal static class PoliciesFeature
{
    /// <summary>Words of a route's <c>AuthorizationPolicy</c> that have a meaning of their own.</summary>
    private static readonly Dictionary<string, string> Reserved = new(StringComparer.Ordinal)
    {
        ["default"] = "means whoever is signed in, and cannot be changed. Give this policy another name.",
        ["anonymous"] = "means everybody, and cannot be changed. Give this policy another name.",
    };

    public static WebApplicationBuilder AddPolicies(this WebApplicationBuilder builder)
    {
        builder.Services.AddNamedSettings<PolicyOptions>(RouteCheck.PolicySection, names: [], reserved: Reserved);
        builder.Services.AddSingleton<PolicySet>().AddSingleton<IAuthorizationPolicyProvider, PolicyProvider>()
            .AddSingleton<IAuthorizationHandler, PolicyHandler>().AddSingleton<IAuthorizationMiddlewareResultHandler, PolicyResponses>();
        return builder;
    }
}
