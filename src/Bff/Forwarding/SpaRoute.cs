using Bff.Configuration;
using Yarp.ReverseProxy.Configuration;

namespace Bff.Forwarding;

/// <summary>
/// Serves the front end of <c>Bff:Spa:Url</c> through the proxy, so that page and API share one origin: a YARP route that takes what no other
/// takes. Unknown paths under <c>/api</c> and <c>/bff</c> are 404 and never the page.
/// </summary>
internal static class SpaRoute
{
    private const string Id = "bff-spa";

    private static readonly string[] NeverThePage = ["/api/{**rest}"];

    public static IProxyConfigProvider Route(IServiceProvider services)
    {
        if (Url(services) is not { } url) { return new InMemoryConfigProvider([], []); }
        var route = new RouteConfig
        {
            RouteId = Id,
            ClusterId = Id,
            Order = int.MaxValue,
            Match = new RouteMatch { Path = "/{**path}", Methods = [HttpMethods.Get, HttpMethods.Head] },
        };
        var cluster = new ClusterConfig { ClusterId = Id, Destinations = new Dictionary<string, DestinationConfig> { ["page"] = new() { Address = url } } };
        return new InMemoryConfigProvider([route], [cluster]);
    }

    /// <summary>Read past the options: the start-up check asks for the routes of a configuration that may have mistakes elsewhere.</summary>
    private static string? Url(IServiceProvider services) =>
        services.GetRequiredService<AcceptedConfiguration>().Root["Bff:Spa:Url"] is { } url && Uri.IsWellFormedUriString(url, UriKind.Absolute) ? url : null;

    public static void MapNeverThePage(this WebApplication app)
    {
        if (Url(app.Services) is null) { return; }
        foreach (var path in NeverThePage)
        {
            app.Map(
                path,
                () =>
                    new Problem(StatusCodes.Status404NotFound, "not_found", "There is nothing at this address.")).AllowAnonymous().WithOrder(int.MaxValue - 1);
        }
    }
}
