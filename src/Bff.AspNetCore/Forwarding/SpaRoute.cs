using Bff.Configuration;
using Bff.FrontEnds;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;

namespace Bff.Forwarding;

/// <summary>
/// Serves the files of a front end (<c>Bff:Spa:Url</c>, <c>Bff:FrontEnds:…:Url</c>) through the proxy, so that page and API share one origin: a YARP route that
/// takes what no other takes. Unknown paths under <c>/api</c> and <c>/bff</c> are 404 and never the page.
/// </summary>
internal static class SpaRoute
{
    private const string Id = "bff-spa";

    private static readonly PathString NeverThePage = "/api";

    public static IProxyConfigProvider Route(IServiceProvider services)
    {
        // Read past the options: the start-up check asks for the routes of a configuration that may have mistakes elsewhere.
        var accepted = services.GetRequiredService<AcceptedConfiguration>();
        var (routes, clusters) = Read(accepted.Root);
        var provider = new InMemoryConfigProvider(routes, clusters);
        accepted.Changed += () =>
        {
            var (newRoutes, newClusters) = Read(accepted.Root);
            if (!newRoutes.SequenceEqual(routes) || !newClusters.SequenceEqual(clusters))
            {
                (routes, clusters) = (newRoutes, newClusters);
                provider.Update(routes, clusters);
            }
        };
        return provider;
    }

    /// <returns>The key that says where a cluster's files are; null for a cluster that serves no front end.</returns>
    public static string? SettingOf(string cluster) => cluster == Id ? $"{FrontEnd.DefaultSection}:Url"
        : cluster.StartsWith(Id + ":", StringComparison.Ordinal) ? $"{FrontEnd.NamedSection}:{cluster[(Id.Length + 1)..]}:Url" : null;

    /// <summary>A page that asks for an API that is not there should not be given itself.</summary>
    public static bool IsNeverThePage(Endpoint endpoint, PathString path) =>
        endpoint.Metadata.GetMetadata<RouteModel>()?.Config.RouteId.StartsWith(Id, StringComparison.Ordinal) == true && path.StartsWithSegments(NeverThePage);

    /// <summary>Whatever the method: else routing would say that an address which is not there takes others.</summary>
    public static void MapNeverThePage(this WebApplication app)
    {
        if (string.IsNullOrEmpty(app.Services.GetRequiredService<AcceptedConfiguration>().Root[$"{FrontEnd.DefaultSection}:Url"])) { return; }
        app.Map(
            NeverThePage + "/{**rest}",
            () => new Problem(StatusCodes.Status404NotFound, "not_found", "There is nothing at this address.")).AllowAnonymous().WithOrder(int.MaxValue - 1);
    }

    private static (IReadOnlyList<RouteConfig> Routes, IReadOnlyList<ClusterConfig> Clusters) Read(IConfiguration configuration)
    {
        List<(string Id, string FrontEnd, string Url)> pages =
        [
            (Id, FrontEnd.DefaultName, configuration[$"{FrontEnd.DefaultSection}:Url"] ?? ""),
            .. configuration.GetSection(FrontEnd.NamedSection).GetChildren().Select(section => ($"{Id}:{section.Key}", section.Key, section["Url"] ?? "")),
        ];
        var served = pages.Where(page => Uri.IsWellFormedUriString(page.Url, UriKind.Absolute)).ToList();
        return ([.. served.Select(page => RouteOf(page.Id, page.FrontEnd))], [.. served.Select(page => ClusterOf(page.Id, page.Url))]);
    }

    private static RouteConfig RouteOf(string id, string frontEnd) => new()
    {
        RouteId = id,
        ClusterId = id,
        Order = int.MaxValue,
        Match = new RouteMatch { Path = "/{**path}", Methods = [HttpMethods.Get, HttpMethods.Head] },
        Metadata = new Dictionary<string, string> { [FrontEndsFeature.RouteMetadata] = frontEnd },
    };

    private static ClusterConfig ClusterOf(string id, string url) => new()
    {
        ClusterId = id,
        Destinations = new Dictionary<string, DestinationConfig> { ["page"] = new() { Address = url } },
    };
}
