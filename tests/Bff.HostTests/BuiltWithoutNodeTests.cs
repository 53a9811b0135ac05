using System.Net;
using Bff.Login;
using Bff.Ops;
using Bff.Ops.Page;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Logging;

namespace Bff.HostTests;

/// <summary>A program that was built where there is no Node.js: what Node.js makes is missing, and whoever asks for it is told so.</summary>
public sealed class BuiltWithoutNodeTests
{
    [Fact]
    public async Task The_page_script_and_the_charts_are_missing_and_nothing_else()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        ScriptEndpoint.Map(app, _ => null);
        app.MapPage(name => name.Contains("uplot", StringComparison.Ordinal) ? null : PageFeature.Read(name));
        await app.StartAsync();
        using var http = app.GetTestClient();

        foreach (var path in new[] { "/bff/bff.js", "/bff/bff.js.map", "/uplot.js", "/uplot.css" })
        {
            using var missing = await http.GetAsync(new Uri(path, UriKind.Relative));
            missing.StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
            (await missing.Content.ReadAsStringAsync()).ShouldContain("\"code\":\"not_built\"");
        }

        foreach (var path in new[] { "/", "/ops.js", "/ops.css" })
        {
            using var there = await http.GetAsync(new Uri(path, UriKind.Relative));
            there.StatusCode.ShouldBe(HttpStatusCode.OK, path);
        }

        // A page that asks for its charts without the token is nobody who tries to get in.
        var ops = ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(endpoint => !endpoint.RoutePattern.RawText!.StartsWith("/bff/", StringComparison.Ordinal)).ToList();
        ops.ShouldNotBeEmpty();
        ops.ShouldAllBe(endpoint => endpoint.Metadata.GetMetadata<OpenToProbes>() != null);
    }
}
