using Bff.Configuration;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Infrastructure;

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
        var services = builder.Services;
        services.AddSingleton<PolicySet>().AddSingleton<PolicyJudge>().AddSingleton<IAuthorizationPolicyProvider, PolicyProvider>()
            .AddSingleton<IAuthorizationHandler, PolicyHandler>().AddSingleton<IAuthorizationMiddlewareResultHandler, PolicyResponses>();
        services.AddSingleton(
            provider => ActivatorUtilities.CreateInstance<CallAuthorization>(provider, HasOtherHandlers(services)));
        return builder;
    }

    /// <summary>Than the framework's and ours.</summary>
    private static bool HasOtherHandlers(IServiceCollection services) => services.Any(
        service => service.ServiceType == typeof(IAuthorizationHandler)
            && service.ImplementationType != typeof(PolicyHandler) && service.ImplementationType != typeof(PassThroughAuthorizationHandler));
}
