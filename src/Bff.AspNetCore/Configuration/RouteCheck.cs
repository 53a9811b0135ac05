using Yarp.ReverseProxy.Configuration;

namespace Bff.Configuration;

/// <summary>
/// Routes and clusters, judged by YARP's own validator, and what Bff has nothing behind: a policy that nobody can define would fail at every call, or do
/// nothing.
/// </summary>
internal static class RouteCheck
{
    public const string Section = "ReverseProxy";

    /// <summary>Who may use a route, by the names that routes have for it.</summary>
    public const string PolicySection = "Bff:Policies";

    private static readonly string[] AuthorizationPolicies = ["default", "anonymous"];

    private static readonly string[] CorsPolicies = ["Default", "Disable"];

    private const string NoTimeout = "Disable";

    /// <param name="validator">YARP's, of the program as it runs: it knows the policies of the configuration in use.</param>
    /// <param name="configuration">The one that is judged.</param>
    /// <param name="isPolicyOfCode">There is an authorization policy of this name whatever the configuration says.</param>
    public static async Task<List<string>> MistakesAsync(IConfigValidator validator, IConfiguration configuration, Predicate<string> isPolicyOfCode)
    {
        var found = new List<string>();
        string[] configured = [.. configuration.GetSection(PolicySection).GetChildren().Select(policy => policy.Key)];
        string[] policies = [.. AuthorizationPolicies, .. configured];
        await using var yarp = new ServiceCollection().AddLogging().AddReverseProxy().LoadFromConfig(configuration.GetSection(Section)).Services
            .BuildServiceProvider();
        IProxyConfig config;
        try
        {
            config = yarp.GetRequiredService<IProxyConfigProvider>().GetConfig();
        }
        catch (Exception error) when (error is FormatException or ArgumentException or InvalidOperationException or OverflowException)
        {
            return [$"ReverseProxy: {error.Message}"];
        }

        foreach (var route in config.Routes)
        {
            var key = $"ReverseProxy:Routes:{route.RouteId}";
            var refused = Undefined(route).ToList();
            if (route.AuthorizationPolicy is { Length: > 0 } policy && !IsOneOf(policy, policies) && !isPolicyOfCode(policy))
            {
                var there = string.Join(", ", policies);
                refused.Add((nameof(route.AuthorizationPolicy), $"there is no policy '{policy}' in {PolicySection}. There are: {there}."));
            }

            found.AddRange(refused.Select(setting => $"{key}:{setting.Name}: {setting.Cure}"));
            var isNew = !string.IsNullOrEmpty(route.AuthorizationPolicy) && IsOneOf(route.AuthorizationPolicy, configured);
            IEnumerable<string> judged = isNew ? [nameof(route.AuthorizationPolicy)] : [];
            var rest = Without(route, refused.Select(setting => setting.Name).Concat(judged));
            found.AddRange((await validator.ValidateRouteAsync(rest)).Select(error => Keyed(key, error)));
            if (route.ClusterId is null || config.Clusters.All(cluster => cluster.ClusterId != route.ClusterId))
            {
                var clusters = string.Join(", ", config.Clusters.Select(cluster => cluster.ClusterId));
                found.Add($"{key}:ClusterId: there is no cluster '{route.ClusterId}' under ReverseProxy:Clusters. Add it"
                    + (clusters.Length == 0 ? "." : $", or name one of: {clusters}."));
            }
        }

        foreach (var cluster in config.Clusters)
        {
            found.AddRange(Destinations(cluster));
            found.AddRange((await validator.ValidateClusterAsync(cluster)).Select(error => Keyed($"ReverseProxy:Clusters:{cluster.ClusterId}", error)));
        }

        return found;
    }

    /// <summary>YARP parses an address only when the first call goes there.</summary>
    private static IEnumerable<string> Destinations(ClusterConfig cluster) =>
        from destination in cluster.Destinations ?? new Dictionary<string, DestinationConfig>()
        from setting in new Dictionary<string,
        string?> { [nameof(DestinationConfig.Address)] = destination.Value.Address, [nameof(DestinationConfig.Health)] = destination.Value.Health }
        where !string.IsNullOrEmpty(setting.Value) && !(Uri.TryCreate(setting.Value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
        select $"{Section}:Clusters:{cluster.ClusterId}:Destinations:{destination.Key}:{setting.Key}: '{setting.Value}' is not an address: write "
            + "http(s)://host[:port].";

    private static IEnumerable<(string Name, string Cure)> Undefined(RouteConfig route)
    {
        if (!string.IsNullOrEmpty(route.OutputCachePolicy))
        {
            yield return (nameof(route.OutputCachePolicy), "Bff does not cache responses. Remove it, and let the API send Cache-Control.");
        }

        if (!string.IsNullOrEmpty(route.RateLimiterPolicy))
        {
            yield return (nameof(route.RateLimiterPolicy), "Bff has no rate limits for routes. Remove it, and limit at the API or in front of Bff.");
        }

        if (!IsOneOf(route.TimeoutPolicy, NoTimeout))
        {
            yield return (nameof(route.TimeoutPolicy), $"there is only '{NoTimeout}'. For a time limit write Timeout, such as 00:00:30.");
        }

        if (!IsOneOf(route.CorsPolicy, CorsPolicies))
        {
            yield return (nameof(route.CorsPolicy), $"there are only {string.Join(" and ", CorsPolicies)}. Front ends are in Bff:Spa:Origins.");
        }
    }

    private static RouteConfig Without(RouteConfig route, IEnumerable<string> refused) => refused.Aggregate(route, (rest, name) => name switch
    {
        nameof(route.OutputCachePolicy) => rest with { OutputCachePolicy = null },
        nameof(route.RateLimiterPolicy) => rest with { RateLimiterPolicy = null },
        nameof(route.TimeoutPolicy) => rest with { TimeoutPolicy = null },
        nameof(route.AuthorizationPolicy) => rest with { AuthorizationPolicy = AuthorizationPolicies[0] },   // without any it would be an open route
        _ => rest with { CorsPolicy = null },
    });

    private static bool IsOneOf(string? policy, params string[] policies) =>
        string.IsNullOrEmpty(policy) || policies.Contains(policy, StringComparer.OrdinalIgnoreCase);

    private static string Keyed(string key, Exception error) =>
        error.Message.StartsWith("ReverseProxy:", StringComparison.Ordinal) ? error.Message : $"{key}: {error.Message}";
}
