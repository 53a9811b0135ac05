using System.Reflection;
using Bff.Configuration;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;

namespace Bff.Policies;

internal static class PoliciesFeature
{
    /// <summary>Words of a route's <c>AuthorizationPolicy</c> that have a meaning of their own.</summary>
    private static readonly Dictionary<string, string> Reserved = new(StringComparer.Ordinal)
    {
        ["default"] = "means whoever is signed in, and cannot be changed. Give this policy another name.",
        ["anonymous"] = "means everybody, and cannot be changed. Give this policy another name.",
    };

    /// <summary>By what the framework decides, with classes of two assemblies.</summary>
    private static readonly Type[] OfTheFramework =
    [
        typeof(IAuthorizationService), typeof(IAuthorizationHandlerProvider), typeof(IAuthorizationHandlerContextFactory), typeof(IAuthorizationHandler),
        typeof(IAuthorizationEvaluator), typeof(IPolicyEvaluator), typeof(IAuthorizationMiddlewareResultHandler),
    ];

    private static readonly Assembly?[] Usual =
        [typeof(DefaultAuthorizationService).Assembly, typeof(PolicyEvaluator).Assembly, typeof(PoliciesFeature).Assembly];

    public static WebApplicationBuilder AddPolicies(this WebApplicationBuilder builder)
    {
        builder.Services.AddNamedSettings<PolicyOptions>(RouteCheck.PolicySection, names: [], reserved: Reserved);
        var services = builder.Services;
        services.AddSingleton<PolicySet>().AddSingleton<PolicyJudge>().AddSingleton<IAuthorizationPolicyProvider, PolicyProvider>()
            .AddSingleton<IAuthorizationHandler, PolicyHandler>().AddSingleton<IAuthorizationMiddlewareResultHandler, PolicyResponses>();
        services.AddSingleton(
            provider => ActivatorUtilities.CreateInstance<CallAuthorization>(provider, ProgramDecides(services)));
        return builder;
    }

    /// <summary>Somebody else than the framework and us has a say in it.</summary>
    internal static bool ProgramDecides(IServiceCollection services) => services.Any(
        service => !service.IsKeyedService && OfTheFramework.Contains(service.ServiceType) && !Usual.Contains(service.ImplementationType?.Assembly));
}
