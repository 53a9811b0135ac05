using Microsoft.AspNetCore.Routing.Matching;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.Routing.Template;
using Yarp.ReverseProxy.Model;

namespace Bff.Guard;

/// <summary>
/// Our own paths are ours whatever routes say: no route is ever chosen for them, not even <c>/{**catch-all}</c>. What is not there is 404, what is asked with
/// another method is 405, before a byte of a body is read.
/// </summary>
internal sealed partial class OwnPaths(RequestDelegate next, IEndpointRouteBuilder routes, Refusals refusals)
{
    /// <summary>Where they begin; the last two are the OpenID Connect handler's.</summary>
    public static readonly string[] Roots = ["/bff", "/signin-oidc", "/signout-callback-oidc"];

    private static readonly Problem NotAllowed = new(StatusCodes.Status405MethodNotAllowed, "method_not_allowed", "This method is not supported here.");

    private readonly Lazy<IReadOnlyList<(TemplateMatcher Path, IReadOnlyList<string> Methods)>> _endpoints = new(() =>
    [
        .. Endpoints(routes).Select(endpoint => (
            new TemplateMatcher(TemplateParser.Parse(Trim(endpoint.RoutePattern.RawText)), []),
            endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [])),
    ]);

    /// <remarks>Asked twice for every call, by routing and by the pipeline, so nothing is allocated for it.</remarks>
    public static bool Has(PathString path)
    {
        foreach (var root in Roots)
        {
            if (path.StartsWithSegments(root)) { return true; }
        }

        return false;
    }

    /// <summary>A route of the configuration takes the request.</summary>
    public static bool IsForwarded(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<RouteModel>() is not null;

    /// <summary>The endpoints below our own paths, none of which takes in all that is below it.</summary>
    private static IEnumerable<RouteEndpoint> Endpoints(IEndpointRouteBuilder routes) =>
        routes.DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
        .Where(endpoint => endpoint.Metadata.GetMetadata<RouteModel>() is null && Has("/" + Trim(endpoint.RoutePattern.RawText)));

    /// <summary>Those of our paths that a route's <c>Match:Path</c> takes in, too, to no effect. A route without a path takes in everything.</summary>
    public static IEnumerable<string> CoveredBy(string? pattern)
    {
        var matcher = new TemplateMatcher(TemplateParser.Parse(string.IsNullOrEmpty(pattern) ? "{**all}" : pattern.TrimStart('/')), []);
        var path = new PathString("/" + pattern?.TrimStart('/'));
        return Roots.Where(root => path.StartsWithSegments(root) || matcher.TryMatch(root, []) || matcher.TryMatch(root + "/login", []));
    }

    public static void ExplainOverlaps(IEndpointRouteBuilder routes, ILogger<OwnPaths> logger)
    {
        foreach (var route in routes.DataSources.SelectMany(source => source.Endpoints).Select(endpoint => endpoint.Metadata.GetMetadata<RouteModel>())
            .OfType<RouteModel>())
        {
            // A route that comes after all others is made to take what is left.
            if (route.Config.Order == int.MaxValue || CoveredBy(route.Config.Match.Path).ToList() is not { Count: > 0 } covered) { continue; }
            Overlaps(logger, route.Config.RouteId, route.Config.Match.Path, string.Join(", ", covered));
        }
    }

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!Has(request.Path)) { return next(context); }
        var allowed = _endpoints.Value.Where(endpoint => endpoint.Path.TryMatch(request.Path, [])).SelectMany(endpoint => endpoint.Methods).ToList();
        var isRoute = context.GetEndpoint()?.Metadata.GetMetadata<RouteModel>() is not null;
        if (!isRoute && allowed.Contains(request.Method, StringComparer.OrdinalIgnoreCase)) { return next(context); }
        if (isRoute || allowed.Count == 0) { return Problem.NotFound.ExecuteAsync(context); }
        context.Response.Headers.Allow = string.Join(", ", allowed.Distinct());
        return refusals.RefuseAsync(context, NotAllowed);
    }

    private static string Trim(string? path) => (path ?? "").Trim('/');

    [LoggerMessage(
        LogLevel.Warning, "Route '{Route}' matches '{Path}', which takes in paths of Bff itself: {Paths}. They stay Bff's; the route gets everything else.")]
    private static partial void Overlaps(ILogger logger, string route, string? path, string paths);

    /// <summary>Takes the routes of the configuration out of the choice, whatever their order says.</summary>
    internal sealed class Policy : MatcherPolicy, IEndpointSelectorPolicy
    {
        public override int Order => 0;

        /// <summary>Not where no path of ours leads: with one candidate and nobody to ask, routing makes no list of them.</summary>
        public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(endpoint => IsRoute(endpoint) && !BeginsElsewhere(endpoint));

        /// <summary>By its first segment alone: one word, which is none of ours. Whatever else it may be could be ours.</summary>
        private static bool BeginsElsewhere(Endpoint endpoint) =>
            endpoint is RouteEndpoint { RoutePattern.PathSegments: [{ Parts: [RoutePatternLiteralPart word] }, ..] }
            && !Array.Exists(Roots, root => root.AsSpan(1).Equals(word.Content, StringComparison.OrdinalIgnoreCase));

        public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
        {
            if (!Has(httpContext.Request.Path)) { return Task.CompletedTask; }
            for (var i = 0; i < candidates.Count; i++)
            {
                if (IsRoute(candidates[i].Endpoint)) { candidates.SetValidity(i, false); }
            }

            return Task.CompletedTask;
        }

        private static bool IsRoute(Endpoint endpoint) => endpoint.Metadata.GetMetadata<RouteModel>() is not null;
    }
}
