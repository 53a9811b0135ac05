using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Routing.Template;

namespace Bff.Guard;

/// <summary>Where a path leads here.</summary>
internal static class RoutesOfPath
{
    private static readonly ConditionalWeakTable<RouteEndpoint, TemplateMatcher> Matchers = [];

    /// <summary>Every endpoint, ours included, whose path this is. Constraints are not asked: a route that has some counts for every value.</summary>
    public static HashSet<RouteEndpoint> Find(HttpContext context, string path) =>
        [.. context.RequestServices.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => Matchers.GetValue(endpoint, MatcherOf).TryMatch(path, []))];

    /// <summary>As servers read it that take several slashes for one.</summary>
    public static string MergeSlashes(string path) =>
        "/" + string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries)) + (path.EndsWith('/') && path.Length > 1 ? "/" : "");

    private static TemplateMatcher MatcherOf(RouteEndpoint endpoint) => new(new RouteTemplate(endpoint.RoutePattern), []);
}
