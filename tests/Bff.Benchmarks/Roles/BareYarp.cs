using System.Net;
using Bff.Faults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Transforms;

namespace Bff.Benchmarks.Roles;

/// <summary>
/// The same YARP as Bff's with one route and nothing else, which sends upstream what Bff sends: no cookie, and a bearer token of the same length, put on by a
/// transform that has it ready.
/// </summary>
internal static class BareYarp
{
    public static async Task<int> RunAsync(string upstream, string token, bool http2)
    {
        var port = FreePort.Find();
        var builder = WebApplication.CreateBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = http2 ? HttpProtocols.Http2 : HttpProtocols.Http1);
        });
        Add(builder.Services, upstream, token);
        await using var app = builder.Build();
        app.MapReverseProxy();
        await app.StartAsync();
        await Role.ListenAsync(port);
        await app.StopAsync();
        return 0;
    }

    /// <summary>All that it is told.</summary>
    public static void Add(IServiceCollection services, string upstream, string token)
    {
        var bearer = "Bearer " + token;
        services.AddReverseProxy()
            .LoadFromMemory(
                [new RouteConfig { RouteId = "all", ClusterId = "api", Match = new RouteMatch { Path = "/{**rest}" } }],
                [new ClusterConfig { ClusterId = "api", Destinations = new Dictionary<string, DestinationConfig> { ["one"] = new() { Address = upstream } } }])
            .AddTransforms(transforms => transforms.AddRequestTransform(request =>
            {
                request.ProxyRequest.Headers.Remove("Cookie");
                request.ProxyRequest.Headers.TryAddWithoutValidation("Authorization", bearer);
                return default;
            }));
    }
}
