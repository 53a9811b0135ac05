using Bff.FrontEnds;
using Microsoft.AspNetCore.Routing.Matching;
using Yarp.ReverseProxy.Model;

namespace Bff.Forwarding;

/// <summary>
/// A route whose metadata name a front end (<c>Bff.FrontEnd</c>) is there for that one's requests only, so that two front ends may have different routes for
/// one path. Costs nothing where no route does.
/// </summary>
internal sealed class FrontEndRoutes(FrontEndSet frontEnds) : MatcherPolicy, IEndpointSelectorPolicy
{
    /// <summary>After those that go by what a route matches.</summary>
    public override int Order => 10;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(endpoint => NameOf(endpoint) is not null);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        var frontEnd = frontEnds.Of(httpContext).Name;
        for (var i = 0; i < candidates.Count; i++)
        {
            if (NameOf(candidates[i].Endpoint) is not { } name) { continue; }
            if (name != frontEnd || SpaRoute.IsNeverThePage(candidates[i].Endpoint, httpContext.Request.Path)) { candidates.SetValidity(i, false); }
        }

        return Task.CompletedTask;
    }

    private static string? NameOf(Endpoint endpoint) =>
        endpoint.Metadata.GetMetadata<RouteModel>()?.Config.Metadata?.GetValueOrDefault(FrontEndsFeature.RouteMetadata);
}
