using System.Diagnostics.Metrics;
using Bff.Guard;
using Bff.Tests.Documentation;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Model;

namespace Bff.HostTests;

/// <summary>The tables of docs/reference.md that only the running program can hold.</summary>
public sealed class ReferenceTests
{
    private static readonly string Page = Repository.Read("docs/reference.md");

    [Fact]
    public async Task Every_endpoint_and_every_metric_has_its_row()
    {
        await using var world = await World.StartAsync();
        await world.LogInAsync();

        var endpoints = world.Bff.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<RouteModel>() is null && endpoint.Metadata.GetMetadata<IHttpMethodMetadata>() is not null)
            .Where(endpoint => !IsFileOfOpsPage(endpoint.RoutePattern.RawText!)).ToList();
        var documented = MarkdownTable.Rows(Page, "Endpoints").Concat(MarkdownTable.Rows(Page, "Ops port"))
            .Select(cells => $"{MarkdownTable.Code(cells[0]).Single()} {Needs(cells[1])}");
        documented.Order(StringComparer.Ordinal).ShouldBe(endpoints.SelectMany(Rows).Distinct().Order(StringComparer.Ordinal));

        MarkdownTable.Rows(Page, "Metrics").Select(cells => $"{MarkdownTable.Code(cells[0]).Single()} {cells[1]} {cells[2]}").Order(StringComparer.Ordinal)
            .ShouldBe(Instruments().Order(StringComparer.Ordinal));
    }

    /// <summary>What the guard wants of a caller; what opens in a browser wants nothing.</summary>
    private static string Needs(string said) => said is "navigation" or "–" or "page" or "credential" or "logout token" ? "" : said;

    private static bool IsFileOfOpsPage(string path) => Path.HasExtension(path) && !path.TrimStart('/').StartsWith("bff/", StringComparison.Ordinal);

    private static IEnumerable<string> Rows(RouteEndpoint endpoint)
    {
        var metadata = endpoint.Metadata;
        var needs = metadata.GetMetadata<CsrfHeaderRequired>() is not null ? "header" : metadata.GetMetadata<OriginRequired>() is not null ? "origin" : "";
        var path = endpoint.RoutePattern.RawText!.Trim('/');
        return metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Where(method => method != "HEAD").Select(method => $"{method} /{path} {needs}");
    }

    private static HashSet<string> Instruments()
    {
        var found = new HashSet<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Name.StartsWith("bff.", StringComparison.Ordinal)) { found.Add($"{instrument.Name} {KindOf(instrument)} {instrument.Unit}"); }
            },
        };
        listener.Start();
        return found;
    }

    private static string KindOf(Instrument instrument)
    {
        var type = instrument.GetType().Name;
        return type.Contains("Histogram", StringComparison.Ordinal) ? "histogram" : type.Contains("Counter", StringComparison.Ordinal) ? "counter" : "gauge";
    }
}
